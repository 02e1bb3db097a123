import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { type RunningProcess, startProcess } from '../support/processes.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');
const END_WITHIN_MS = 20_000;

/** Nothing of the tests' own environment but where programs are. */
const environmentOf = (env: Record<string, string>) => ({
  PATH: process.env.PATH,
  HTTP_ADDR: '127.0.0.1:0',
  LOG_LEVEL: 'fatal',
  ...env,
});

export type Program = RunningProcess & { readonly url: string };

/** Starts the server as `npm start` does, in a folder of its own, and waits until it listens. */
export async function startProgram(folder: string, env: Record<string, string> = {}): Promise<Program> {
  const started = await startProcess(process.execPath, [MAIN], {
    ready: /MmChat listens on [\s\S]*\n {2}pages .*\n( {12}.*\n)*/,
    cwd: folder,
    env: environmentOf(env),
  });
  const url = /MmChat listens on (\S+)/.exec(started.output())?.[1] ?? '';
  return { ...started, url };
}

/** Runs a start that should fail, to its end. */
export function runProgram(folder: string, env: Record<string, string>) {
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    const options = { cwd: folder, env: environmentOf(env), timeout: END_WITHIN_MS, encoding: 'utf8' } as const;
    execFile(process.execPath, [MAIN], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}
