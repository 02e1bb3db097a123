import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApp } from '../../src/app.ts';
import { type Config, readConfig } from '../../src/config/config.ts';
import { Output } from '../../src/server/output.ts';
import { type RunningProcess, startProcess } from '../support/processes.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGE_BYTES = 4096;

/** A server, at an address that it keeps when it is started again. */
export type ClusterNode = {
  readonly url: string;
  /** True until it ends, for any reason. */
  readonly running: boolean;
  output(): string;
  stop(): Promise<void>;
};

/** A server in a process of its own. It is stopped by killing it. */
export type Node = ClusterNode & {
  readonly pid: number;
  /** Its exit code, once it has ended. */
  readonly ended: Promise<number | null>;
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
    stop: () => current.kill('SIGKILL'),
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

/**
 * Starts a server in this process, which takes a tenth of the time: for tests that neither end, pause nor measure the
 * process.
 */
export const startNodeHere = (env: Record<string, string>): Promise<ClusterNode> => startConfigured(readConfig(env));

export async function startConfigured(config: Config): Promise<ClusterNode> {
  const output = new KeptOutput(1);
  const app = await createApp(config, output);
  output.write(`${app.summary.join('\n')}\n`);
  let running = true;
  return {
    url: app.url,
    get running() {
      return running;
    },
    output: () => output.text,
    async stop() {
      running = false;
      await app.stop();
    },
  };
}

class KeptOutput extends Output {
  text = '';
  override readonly write = (text: string): void => {
    this.text += text;
  };
}
