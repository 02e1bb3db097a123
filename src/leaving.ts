import type { App } from './app.ts';
import { ConfigError } from './config.ts';

/** Whoever sent the signal waits 10 s before it kills. */
const STOP_WITHIN_MS = 9_500;

/** Calls back when this process is asked to end. A second signal ends it at once. */
export function onSignal(leave: () => void): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, leave);
}

/** Stops the app and ends the process: with 0, or with 1 if it took longer than 9.5 s. */
export async function leave(app: App): Promise<void> {
  setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
  const code = await app.stop().then(
    () => 0,
    () => 1,
  );
  process.exit(code);
}

/** Why the server cannot start, for the person who starts it. */
export function explain(error: unknown): string {
  if (error instanceof ConfigError) return `MmChat cannot start:\n${error.message.replace(/^/gm, '  ')}`;
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE')
    return `MmChat cannot start: port ${port} is taken. Choose another with HTTP_ADDR, such as HTTP_ADDR=:8081.`;
  return `MmChat cannot start: ${message}`;
}
