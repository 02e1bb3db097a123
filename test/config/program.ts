import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createApp } from '../../src/app.ts';
import { type Config, loadConfig } from '../../src/config/config.ts';
import { explain } from '../../src/server/exit.ts';
import { type ClusterNode, startConfigured } from '../cluster/node.ts';
import { COMPILED_ONCE, freePort, type RunningProcess, runToEnd, startProcess } from '../support/processes.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');
const END_WITHIN_MS = 20_000;

/** Only the paths of programs, nothing else of the tests’ environment. */
const environmentOf = (env: Record<string, string>) => ({
  ...COMPILED_ONCE,
  PATH: process.env.PATH,
  HTTP_ADDR: '127.0.0.1:0',
  LOG_LEVEL: 'fatal',
  ...env,
});

export type Program = RunningProcess & { readonly url: string };

/** Starts the server like `npm start`, in its own folder, and waits until it listens. */
export async function startProgram(folder: string, env: Record<string, string> = {}): Promise<Program> {
  const started = await startProcess(process.execPath, [MAIN], {
    ready: /MmChat listens on [\s\S]*\n {2}pages .*\n( {12}.*\n)*/,
    cwd: folder,
    env: environmentOf(env),
  });
  const url = /MmChat listens on (\S+)/.exec(started.output())?.[1] ?? '';
  return { ...started, url };
}

/** Runs a start that should fail until it exits. */
export const runProgram = (folder: string, env: Record<string, string>) =>
  runToEnd(process.execPath, [MAIN], { cwd: folder, env: environmentOf(env), timeout: END_WITHIN_MS });

/**
 * Starts the server in this process, with the configuration that it would have in this folder. Its output is the same.
 * @param env with an absolute DATABASE_URL
 */
export const startProgramHere = (folder: string, env: Record<string, string>): Promise<ClusterNode> =>
  startConfigured(configIn(folder, env));

/** What a failing start would print before it exits, found out in this process. */
export async function failureOf(folder: string, env: Record<string, string>): Promise<string> {
  try {
    await (await createApp(configIn(folder, env))).stop();
  } catch (error) {
    return explain(error);
  }
  throw new Error('it did not fail');
}

function configIn(folder: string, env: Record<string, string>): Config {
  const before = { cwd: process.cwd(), env: process.env };
  process.chdir(folder);
  process.env = environmentOf(env);
  try {
    return loadConfig();
  } finally {
    process.env = before.env;
    process.chdir(before.cwd);
  }
}

export type Spawned = {
  readonly child: ChildProcess;
  readonly url: string;
  /** Its exit code, or the name of the signal. */
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly hasEnded: boolean;
  /** What it wrote to a pipe on standard error. */
  errors(): string;
};
type Spawning = {
  env?: Record<string, string>;
  /** The target of its standard output: an open file, or a pipe that the test may read. */
  stdout?: number | 'pipe' | 'ignore';
  /** Options of Node. */
  node?: readonly string[];
  /** A program that runs the server, with its options. */
  by?: readonly string[];
};

/** Starts the server on its own port without waiting. It is killed at the end of the tests at the latest. */
export async function spawnProgram(folder: string, options: Spawning = {}): Promise<Spawned> {
  const { env = {}, stdout = 'ignore', node = [], by = [] } = options;
  const address = `127.0.0.1:${await freePort()}`;
  const [command = '', ...args] = [...by, process.execPath, ...node, MAIN];
  const child = spawn(command, args, {
    cwd: folder,
    env: environmentOf({ ...env, HTTP_ADDR: address }),
    stdio: ['ignore', stdout, 'pipe'],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  let errors = '';
  let hasEnded = false;
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ended = new Promise<number | NodeJS.Signals>((resolve) =>
    child.once('exit', (code, signal) => {
      hasEnded = true;
      process.removeListener('exit', kill);
      resolve(code ?? signal ?? 'SIGKILL');
    }),
  );
  return {
    child,
    url: `http://${address}`,
    ended,
    get hasEnded() {
      return hasEnded;
    },
    errors: () => errors,
  };
}

/** Waits until a spawned server answers. */
export async function serving(program: Spawned): Promise<Spawned> {
  for (;;) {
    if (program.hasEnded) throw new Error(`The server ended:\n${program.errors()}`);
    const answer = await fetch(`${program.url}/healthz`).catch(() => undefined);
    if (answer?.ok) return program;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
