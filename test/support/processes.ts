import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, globSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { constants, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const READY_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 20;
const STOP_TIMEOUT_MS = 5_000;
const OUTPUT_LIMIT_CHARS = 256 * 1024;
const MAX_OUTPUT_BYTES = 10_000_000;
/** A file system in memory on Linux, and how much has to be free in it for the files of all test processes. */
const MEMORY = '/dev/shm';
const MEMORY_BYTES = 4 * 1_073_741_824;
const ENDING_SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGKILL'];
/**
 * The modules of a Node process are compiled once for all tests, which saves a fifth of a start. The coverage of cached code
 * counts whole functions instead of blocks.
 */
export const COMPILED_ONCE = {
  NODE_COMPILE_CACHE: join(import.meta.dirname, '../../node_modules/.cache/compiled'),
};

export type ProcessOptions = {
  /** A pattern in its output, or a port of 127.0.0.1 that accepts connections once it is ready. */
  readonly ready: RegExp | number;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
};

export type RunningProcess = {
  readonly pid: number;
  /** Its exit code (`null` after a signal), once it and all processes that share its output have ended. */
  readonly ended: Promise<number | null>;
  /** The last 256 K characters of stdout and stderr together. */
  output(): string;
  /** Sends the signal, then waits for the end if the signal (TERM, INT, QUIT, KILL) requests one. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Sends the signal (SIGTERM by default), and kills the process after 5 s. */
  stop(signal?: NodeJS.Signals): Promise<void>;
};

const running = new Set<ChildProcess>();
const folders = new Set<string>();

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  for (const path of folders) removeTemporaryFolder(path);
});
// A signal's default action ends Node without the `exit` event, and the started programs would keep running.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(128 + constants.signals[signal]));
}

/**
 * Starts a program and waits until it is ready. It is killed at the latest when this process ends.
 * Throws an Error with its output if it ends first, or is not ready within a minute, which only ends a futile wait.
 */
export async function startProcess(
  command: string,
  args: readonly string[],
  { ready, ...options }: ProcessOptions,
): Promise<RunningProcess> {
  const env = { ...(options.env ?? process.env), ...(command === process.execPath && COMPILED_ONCE) };
  const child = spawn(command, args, { ...options, env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const started = control(child);
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!(await isReady(ready, started.output()))) {
    if (!running.has(child) || Date.now() > deadline) {
      await started.stop('SIGKILL');
      throw new Error(`${command} did not become ready:\n${started.output()}`);
    }
    await delay(READY_POLL_MS);
  }
  return started;
}

function control(child: ChildProcess): RunningProcess {
  let output = '';
  const keep = (text: unknown) => {
    output = `${output}${text}`.slice(-OUTPUT_LIMIT_CHARS);
  };
  child.stdout?.setEncoding('utf8').on('data', keep);
  child.stderr?.setEncoding('utf8').on('data', keep);
  child.on('error', keep);
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  return {
    pid: child.pid ?? -1,
    ended,
    output: () => output,
    async kill(signal) {
      child.kill(signal);
      if (ENDING_SIGNALS.includes(signal)) await ended;
    },
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** How a program ended: `code` is its exit code, or the name of the signal that ended it. */
export type Outcome = { readonly code: unknown; readonly stdout: string; readonly stderr: string };

/** Runs a program until it ends. @param options `timeout`: it is killed after so many milliseconds */
export function runToEnd(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly timeout: number },
): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(command, args, { ...options, encoding: 'utf8', maxBuffer: MAX_OUTPUT_BYTES }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : (error.code ?? error.signal), stdout, stderr }),
    );
  });
}

async function isReady(ready: RegExp | number, output: string): Promise<boolean> {
  if (typeof ready !== 'number') return ready.test(output);
  const socket = connect(ready, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false; // refused: it does not listen yet
  } finally {
    socket.destroy();
  }
}

/**
 * A port of 127.0.0.1 on which nothing listens. It is below the range (32768 and up on Linux) from which the system
 * takes ports for outgoing connections, so that none of them uses it while its server is being restarted.
 */
export async function freePort(): Promise<number> {
  const port = randomInt(20_000, 32_768);
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return freePort(); // in use: try another
  }
  server.close();
  await once(server, 'close');
  return port;
}

/** The path of an installed program, or undefined. Looks in PATH, then among PostgreSQL's own, highest version first. */
export function findBinary(name: string): string | undefined {
  const postgresql = globSync('/usr/lib/postgresql/*/bin');
  postgresql.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  const path = process.env.PATH?.split(delimiter) ?? [];
  return [...path, ...postgresql].map((folder) => join(folder, name)).find((file) => existsSync(file));
}

/**
 * The folder of the temporary files of tests. It is in memory if there is room and `TMPDIR` is not set: creating, copying
 * and removing the thousands of files of databases takes most of PostgreSQL's time on a disk.
 */
export function temporaryRoot(): string {
  if (process.env.TMPDIR !== undefined || !existsSync(MEMORY)) return tmpdir();
  const { bavail, bsize } = statfsSync(MEMORY);
  return bavail * bsize < MEMORY_BYTES ? tmpdir() : MEMORY;
}

/**
 * Creates an empty folder that only its owner may read. It is removed at the latest when this process ends.
 * @param root `tmpdir()` for files that have to be on a disk, as those of the bench
 */
export function makeTemporaryFolder(name: string, root = temporaryRoot()): string {
  const path = mkdtempSync(join(root, `mmchat-${name}-`));
  folders.add(path);
  return path;
}

/** Removes a folder of `makeTemporaryFolder` with everything in it. */
export function removeTemporaryFolder(path: string): void {
  // A process that was just killed may still be writing to it.
  rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  folders.delete(path);
}
