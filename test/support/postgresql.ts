import { execFile } from 'node:child_process';
import { chownSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findBinary, freePort, makeTemporaryFolder, removeTemporaryFolder, startProcess } from './processes.ts';

const run = promisify(execFile);
/** A whole table of a long test's messages as text. */
const MOST_OUTPUT_BYTES = 1_073_741_824;

export type PostgreSql = {
  readonly port: number;
  /** Its first process, the parent of all others; another one after a restart. */
  readonly pid: number;
  /** Makes an empty database and gives its `postgres://` URL. */
  createDatabase(): Promise<string>;
  /** Drops the database of this URL, whoever is connected to it. */
  dropDatabase(url: string): Promise<void>;
  /** Runs SQL in the database of this URL. Gives the rows as lines, columns separated by `|`. */
  query(url: string, sql: string): Promise<string>;
  /** Sends the signal to the server, then waits for its end when the signal (TERM, INT, QUIT, KILL) asks for one. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Shuts down at once, cutting every connection, and starts again on the same port. Also starts a killed server. */
  restart(): Promise<void>;
  /** Ends the server and removes all its data. */
  stop(): Promise<void>;
};

/**
 * Starts a PostgreSQL of our own: an empty cluster in a temporary folder, a free port of 127.0.0.1, everybody trusted.
 * Gives undefined when PostgreSQL is not installed.
 */
export async function startPostgresql(): Promise<PostgreSql | undefined> {
  const initdb = findBinary('initdb');
  if (initdb === undefined) return undefined;
  const binaries = dirname(realpathSync(initdb)); // where the others are too, if only initdb is linked into PATH
  const owner = clusterOwner();
  const folder = makeTemporaryFolder('postgresql');
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  // Their messages are looked for, so they must be in English.
  const options = { cwd: folder, env: { ...process.env, LC_ALL: 'C' }, ...owner };
  const cluster = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];
  await (await startProcess(initdb, [...cluster, `--pgdata=${data}`], { ready: /^Success/m, ...options })).ended;

  const port = await freePort();
  const settings = [`unix_socket_directories=${folder}`, 'listen_addresses=127.0.0.1', 'max_connections=200'];
  const args = ['-D', data, '-p', `${port}`, ...settings.flatMap((setting) => ['-c', setting])];
  const ready = /database system is ready to accept connections/;
  const start = () => startProcess(join(binaries, 'postgres'), args, { ready, ...options });
  let server = await start();

  return {
    port,
    get pid() {
      return server.pid;
    },
    ...databases(join(binaries, 'psql'), port),
    kill: (signal) => server.kill(signal),
    async restart() {
      await server.stop('SIGQUIT');
      server = await start();
    },
    async stop() {
      await server.stop('SIGQUIT');
      removeTemporaryFolder(folder);
    },
  };
}

function databases(psql: string, port: number): Pick<PostgreSql, 'createDatabase' | 'dropDatabase' | 'query'> {
  let created = 0;
  const urlOf = (database: string) => `postgres://postgres@127.0.0.1:${port}/${database}`;
  async function query(url: string, sql: string): Promise<string> {
    const options = ['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--set=ON_ERROR_STOP=1', '--file=-', url];
    const running = run(psql, options, { maxBuffer: MOST_OUTPUT_BYTES });
    running.child.stdin?.end(sql); // an argument could not be as long as it may be
    const { stdout } = await running;
    return stdout.trimEnd();
  }
  return {
    query,
    async createDatabase() {
      created += 1;
      const name = `mmchat_${created}`;
      await query(urlOf('postgres'), `create database "${name}"`);
      return urlOf(name);
    },
    async dropDatabase(url) {
      const name = new URL(url).pathname.slice(1);
      await query(urlOf('postgres'), `drop database "${name}" with (force)`);
    },
  };
}

/** PostgreSQL refuses to run as root: root runs it as `postgres`, or else as `nobody`. */
function clusterOwner(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  const user = users.find((line) => line.startsWith('postgres:')) ?? users.find((line) => line.startsWith('nobody:'));
  const [, , uid, gid] = user?.split(':') ?? [];
  if (uid === undefined || gid === undefined) throw new Error('Neither postgres nor nobody is in /etc/passwd');
  return { uid: Number(uid), gid: Number(gid) };
}
