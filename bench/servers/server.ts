import { type RunningProcess, startProcess } from '../../test/support/processes.ts';
import { registerCleanup } from '../measurement/cleanup.ts';

/** A server under test in a separate process. */
export type Server = {
  readonly url: string;
  readonly pid: number;
  /** What the process has printed so far. */
  output(): string;
  stop(): Promise<void>;
};

const ADDRESS = /http:\/\/\S+/;

/** Runs a TypeScript program that prints its address. */
export async function startServer(file: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Server> {
  const options = { ready: ADDRESS, cwd: '/', env: { PATH: process.env.PATH, ...env } };
  const running: RunningProcess = await startProcess(process.execPath, [file, ...args], options);
  const url = ADDRESS.exec(running.output())?.[0] ?? '';
  return { url, pid: running.pid, output: running.output, stop: registerCleanup(() => running.stop('SIGKILL')) };
}
