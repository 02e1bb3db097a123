import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningProcess, startProcess } from '../support/processes.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGE_BYTES = 4096;

/** One process of the server, at an address that it keeps when it is started again. */
export type Node = {
  readonly url: string;
  readonly pid: number;
  /** Its exit code, once it has ended. */
  readonly ended: Promise<number | null>;
  /** True until it ends, for any reason. */
  readonly running: boolean;
  output(): string;
  /** Sends the signal, and awaits the end if the signal causes it. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Pauses it as a debugger would: its connections stay open, and nothing runs. */
  pause(): void;
  resume(): void;
  /** Starts it again after it has ended. */
  restart(): Promise<void>;
  /** Resident memory, in bytes. */
  memory(): number;
  /** How many files and connections it has open. */
  descriptors(): number;
};

export async function startNode(env: Record<string, string>): Promise<Node> {
  // no .env of the checkout may reach it: its folder is another
  const start = () =>
    startProcess(process.execPath, [join(ROOT, 'src/main.ts')], {
      ready: /http:\/\/\S+/,
      cwd: '/',
      env: { PATH: process.env.PATH, ...env },
    });
  let current: RunningProcess = await start();
  let running = true;
  const watch = () => void current.ended.then(() => (running = false));
  watch();
  return {
    url: `http://${env.HTTP_ADDR}`,
    get pid() {
      return current.pid;
    },
    get ended() {
      return current.ended;
    },
    get running() {
      return running;
    },
    output: () => current.output(),
    kill: (signal) => current.kill(signal),
    pause: () => void current.kill('SIGSTOP'),
    resume: () => void current.kill('SIGCONT'),
    async restart() {
      await current.ended;
      current = await start();
      running = true;
      watch();
    },
    memory: () => Number(readFileSync(`/proc/${current.pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES,
    descriptors: () => readdirSync(`/proc/${current.pid}/fd`).length,
  };
}
