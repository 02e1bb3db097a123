import { type App, createApp } from './app.ts';
import { ConfigError, environment, readConfig } from './config.ts';
import { describeError } from './describe-error.ts';

/** Whoever sent the signal waits 10 s before it kills. */
const STOP_WITHIN_MS = 9_500;

// a promise that nobody waited for must not end everybody's chat; where it came from shows what to mend
process.on('unhandledRejection', (error) =>
  console.error(JSON.stringify({ level: 50, msg: 'unhandled', err: describeError(error) })),
);

try {
  const app = await createApp(readConfig(environment()));
  console.log(app.summary.join('\n'));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void leave(app));
} catch (error) {
  console.error(explain(error));
  process.exit(1);
}

async function leave(app: App): Promise<void> {
  setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
  const code = await app.stop().then(
    () => 0,
    () => 1,
  );
  process.exit(code);
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return `MmChat cannot start:\n${error.message.replace(/^/gm, '  ')}`;
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE')
    return `MmChat cannot start: port ${port} is taken. Choose another with HTTP_ADDR, such as HTTP_ADDR=:8081.`;
  return `MmChat cannot start: ${message}`;
}
