import { execFile } from 'node:child_process';
import { chownSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { migrateTemplate } from './migrated.ts';
import {
  findBinary,
  freePort,
  makeTemporaryFolder,
  removeTemporaryFolder,
  startProcess,
  temporaryRoot,
} from './processes.ts';

const run = promisify(execFile);
/** The messages of a long test as text. */
const MOST_OUTPUT_BYTES = 1_073_741_824;
const MIGRATED = 'mmchat_migrated';

export type PostgreSql = {
  readonly port: number;
  /** The folder of its Unix socket, and in `data` its files. */
  readonly folder: string;
  /** Its first process, the parent of all others; a different one after a restart. */
  readonly pid: number;
  /** Creates an empty database and returns its `postgres://` URL. */
  createDatabase(): Promise<string>;
  /** Creates a database that is migrated and has no installation yet. */
  createMigratedDatabase(): Promise<string>;
  /** Drops the database of this URL, even if clients are connected to it. */
  dropDatabase(url: string): Promise<void>;
  /** Runs SQL in the database of this URL. Returns the rows as lines, columns separated by `|`. */
  query(url: string, sql: string): Promise<string>;
  /** Sends the signal to the server, then waits for its end if the signal (TERM, INT, QUIT, KILL) requests one. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Shuts down at once, cutting every connection, and starts again on the same port. Also starts a killed server. */
  restart(): Promise<void>;
  /** Stops the server and removes all its data. */
  stop(): Promise<void>;
};

export type PostgreSqlOptions = {
  /** Files of its data folder, such as certificates. */
  readonly files?: Record<string, string>;
  /** Lines `name=value`, which override the defaults. */
  readonly settings?: readonly string[];
  /** The complete pg_hba.conf; by default all clients are trusted. */
  readonly hba?: string;
  /** The port of the primary of which it is a streaming standby. */
  readonly standbyOf?: number;
  /** Whether its files are on the disk even if there is room in memory. */
  readonly onDisk?: boolean;
};

/**
 * Starts a separate PostgreSQL: a cluster in a temporary folder without any database but a template, on a free port of
 * 127.0.0.1, trusting all clients. Returns undefined if PostgreSQL is not installed.
 */
export async function startPostgresql(given: PostgreSqlOptions = {}): Promise<PostgreSql | undefined> {
  const binaries = binariesFolder();
  if (binaries === undefined) return undefined;
  const { standbyOf, onDisk = false } = given;
  const place = makePlace(onDisk ? tmpdir() : temporaryRoot());
  if (standbyOf === undefined) {
    original ??= makeOriginal(binaries);
    await run('cp', ['-a', await original, place.data]);
  } else {
    const from = ['-h', '127.0.0.1', '-p', `${standbyOf}`, '-U', 'postgres', '-D', place.data, '-R', '-X', 'stream'];
    await run(join(binaries, 'pg_basebackup'), [...from, '--checkpoint=fast', '--no-sync'], place.options);
  }
  return startIn(place, binaries, given);
}

/** The folder of PostgreSQL's programs, even if only initdb is linked into PATH. */
function binariesFolder(): string | undefined {
  const initdb = findBinary('initdb');
  return initdb && dirname(realpathSync(initdb));
}

type Place = ReturnType<typeof makePlace>;

function makePlace(root: string) {
  const owner = clusterOwner();
  const folder = makeTemporaryFolder('postgresql', root);
  if (owner) chownSync(folder, owner.uid, owner.gid);
  // Tests search for its messages, so they must be in English.
  const options = { cwd: folder, env: { ...process.env, LC_ALL: 'C' }, ...owner };
  return { owner, folder, data: join(folder, 'data'), options };
}

/** The data folder that all clusters of this process copy, with the template of migrated databases. */
let original: Promise<string> | undefined;

async function makeOriginal(binaries: string): Promise<string> {
  const place = makePlace(temporaryRoot());
  const cluster = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];
  await run(join(binaries, 'initdb'), [...cluster, `--pgdata=${place.data}`], place.options);
  const server = await startIn(place, binaries, { settings: ['fsync=off'] });
  await server.query(server.urlOf('postgres'), `create database "${MIGRATED}"`);
  await migrateTemplate(server.urlOf(MIGRATED));
  await server.kill('SIGINT'); // an orderly shutdown
  return place.data;
}

async function startIn({ owner, folder, data, options }: Place, binaries: string, given: PostgreSqlOptions) {
  const files = { ...given.files, ...(given.hba !== undefined && { 'pg_hba.conf': given.hba }) };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(data, name), text, { mode: 0o600 });
    if (owner) chownSync(join(data, name), owner.uid, owner.gid);
  }

  const port = await freePort();
  const settings = [
    `unix_socket_directories=${folder}`,
    'listen_addresses=127.0.0.1',
    'max_connections=200',
    ...(given.settings ?? []),
  ];
  const args = ['-D', data, '-p', `${port}`, ...settings.flatMap((setting) => ['-c', setting])];
  const ready = /database system is ready to accept (read-only )?connections/;
  const start = () => startProcess(join(binaries, 'postgres'), args, { ready, ...options });
  let server = await start();

  return {
    port,
    folder,
    get pid() {
      return server.pid;
    },
    ...databases(join(binaries, 'psql'), port),
    kill: (signal: NodeJS.Signals) => server.kill(signal),
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

function databases(psql: string, port: number) {
  let created = 0;
  const urlOf = (database: string) => `postgres://postgres@127.0.0.1:${port}/${database}`;
  async function query(url: string, sql: string): Promise<string> {
    const options = ['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--set=ON_ERROR_STOP=1', '--file=-', url];
    const running = run(psql, options, { maxBuffer: MOST_OUTPUT_BYTES });
    running.child.stdin?.end(sql); // the length of an argument is limited
    const { stdout } = await running;
    return stdout.trimEnd();
  }
  /** Runs one statement without a separate psql, which would take as long as the statement. */
  async function administer(statement: string): Promise<void> {
    const client = new Client({ connectionString: urlOf('postgres') });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  }
  async function create(template: string): Promise<string> {
    created += 1;
    const name = `mmchat_${created}`;
    await administer(`create database "${name}" template ${template}`);
    return urlOf(name);
  }
  return {
    query,
    urlOf,
    createDatabase: () => create('template1'),
    createMigratedDatabase: () => create(MIGRATED),
    async dropDatabase(url: string) {
      const name = new URL(url).pathname.slice(1);
      await administer(`drop database "${name}" with (force)`);
    },
  };
}

/** PostgreSQL refuses to run as root: root runs it as `postgres`, or else as `nobody`. */
export function clusterOwner(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  const user = users.find((line) => line.startsWith('postgres:')) ?? users.find((line) => line.startsWith('nobody:'));
  const [, , uid, gid] = user?.split(':') ?? [];
  if (uid === undefined || gid === undefined) throw new Error('Neither postgres nor nobody is in /etc/passwd');
  return { uid: Number(uid), gid: Number(gid) };
}
