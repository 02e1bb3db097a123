import { join } from 'node:path';
import { type RunningProcess, startProcess } from '../support/processes.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

/** Starts the server in a separate process, and waits for this in its output. */
export function startServer(env: Readonly<Record<string, string>>, ready: RegExp): Promise<RunningProcess> {
  return startProcess(process.execPath, [MAIN], {
    ready,
    cwd: '/', // no .env of the checkout may be read
    env: { PATH: process.env.PATH, ...env, LOG_LEVEL: 'info' },
  });
}

export const LISTENS = /MmChat listens on (\S+)/;
