import { constants } from 'node:os';
import type { App } from '../app.ts';

/** Supervisors kill the process 10 s after the signal. */
const STOP_WITHIN_MS = 9_500;
/** Ctrl-C under npm, or a closing terminal, sends the same signal twice. */
const SAME_REQUEST_MS = 500;
const SIGNAL_EXIT_CODE = 128;

/**
 * Calls back at SIGTERM, SIGINT or SIGHUP. Another of these signals, half a second later or more, ends the process at
 * once.
 */
export function onSignal(leave: () => void): void {
  let receivedAt: number | undefined;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (receivedAt === undefined) {
        receivedAt = performance.now();
        leave();
      } else if (performance.now() - receivedAt > SAME_REQUEST_MS) {
        process.exit(SIGNAL_EXIT_CODE + constants.signals[signal]);
      }
    });
  }
}

/**
 * Ignores SIGUSR1. By default Node opens a debugger, through which every user of this machine could control the
 * process. Until this is called, `node --disable-sigusr1` prevents it.
 */
export function refuseDebugger(): void {
  process.on('SIGUSR1', () => undefined);
}

/** Stops the app and exits with the given code, or with 1 if stopping takes longer than 9.5 s. */
export async function leave(app: App, code = 0): Promise<void> {
  setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
  await app.stop();
  process.exit(code);
}
