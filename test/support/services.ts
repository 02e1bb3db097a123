import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Chromium, startChromium } from './chromium.ts';
import { type PostgreSql, startPostgresql } from './postgresql.ts';
import { type Redis, startRedis } from './redis.ts';

const run = promisify(execFile);

/** One instance for the whole run of the tests, started on first use. */
function shared<Service extends { stop(): Promise<void> }>(start: () => Promise<Service | undefined>) {
  let started: Promise<Service | undefined> | undefined;
  return {
    get() {
      started ??= start();
      return started;
    },
    async stop() {
      const stopping = started;
      started = undefined;
      await (await stopping)?.stop();
    },
  };
}

/** Without fsync a killed process loses nothing; only a crash of the machine would lose data. */
export const WITHOUT_FSYNC = { settings: ['fsync=off'] };
const sharedPostgresql = shared(() => startPostgresql(WITHOUT_FSYNC));
const sharedDurablePostgresql = shared(() => startPostgresql({ onDisk: true }));
const sharedRedis = shared(startRedis);
const sharedChromium = shared(startChromium);

/** The PostgreSQL that all tests share, started on first use; undefined if it is not installed. */
export function postgresql(): Promise<PostgreSql | undefined> {
  return sharedPostgresql.get();
}

/** A separate one that waits for the disk as in production, for measurements. */
export function durablePostgresql(): Promise<PostgreSql | undefined> {
  return sharedDurablePostgresql.get();
}

/** The Redis that all tests share, started on first use; undefined if it is not installed. */
export function redis(): Promise<Redis | undefined> {
  return sharedRedis.get();
}

/** `postgresql()`, or skips the test or suite of this context if it is not installed. Throws instead if `CI` is set. */
export async function requirePostgresql(context: Mocha.Context): Promise<PostgreSql> {
  return (await postgresql()) ?? skip(context, 'PostgreSQL');
}

/** `redis()`, or skips the test or suite of this context if it is not installed. Throws instead if `CI` is set. */
export async function requireRedis(context: Mocha.Context): Promise<Redis> {
  return (await redis()) ?? skip(context, 'Redis');
}

/** The Chromium that all tests share, started on first use; like `requirePostgresql()` if it is not installed. */
export async function requireChromium(context: Mocha.Context): Promise<Chromium> {
  return (await sharedChromium.get()) ?? skip(context, 'Chromium');
}

/** The one in PATH may differ from the system's, which has the system's packages. */
const PYTHONS = ['python3', '/usr/bin/python3'];

/** A Python that has python-socketio and its requirements for both transports; like `requirePostgresql()` if there is none. */
export async function requirePythonSocketIo(context: Mocha.Context): Promise<string> {
  for (const python of PYTHONS) {
    const isThere = await run(python, ['-c', 'import socketio, requests, websocket']).then(
      () => true,
      () => false,
    );
    if (isThere) return python;
  }
  return skip(context, 'python-socketio');
}

/** Skips the test or suite of this context if mounting is not permitted; throws instead if `CI` is set. */
export function requireRoot(context: Mocha.Context): void {
  if (process.getuid?.() !== 0 || process.platform !== 'linux') skip(context, 'A Linux whose root we are');
}

/** Stops the services that were started. */
export async function stopServices(): Promise<void> {
  await Promise.all([
    sharedPostgresql.stop(),
    sharedDurablePostgresql.stop(),
    sharedRedis.stop(),
    sharedChromium.stop(),
  ]);
}

/** Skips the test or suite of this context because of a missing program. Throws instead if `CI` is set. */
export function skip(context: Mocha.Context, missing: string): never {
  const message = `${missing} is not installed`;
  if (process.env.CI) throw new Error(`${message}, and CI may not skip its tests`);
  process.stderr.write(`${message}: skipping the tests that need it\n`);
  return context.skip();
}
