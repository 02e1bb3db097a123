import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type App, createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { makeMigratedFile } from './migrated.ts';
import { People, type Person } from './people.ts';
import type { PostgreSql } from './postgresql.ts';
import { temporaryRoot } from './processes.ts';
import { requirePostgresql } from './services.ts';
import { type Smtp, startSmtp } from './smtp.ts';

export type DatabaseKind = 'sqlite' | 'postgresql';
export type TestApp = {
  readonly url: string;
  readonly smtp: Smtp;
  /** The environment of the server, to start another one with it. */
  readonly env: Readonly<Record<string, string>>;
  /** Signs a user up through real mail. Names are unique per app: a number is added to the given one. */
  person(name?: string): Promise<Person>;
  people<Names extends string[]>(...names: Names): Promise<{ [Each in keyof Names]: Person }>;
  /** Closes the clients, the server and the mail server, and removes the database. */
  stop(): Promise<void>;
};

/** Defaults of every test server; tests of limits switch them on. */
const DEFAULTS = {
  NODE_ENV: 'test',
  HTTP_ADDR: '127.0.0.1:0',
  JWT_SECRET: 'a secret for tests that is long enough to be one',
  LOG_LEVEL: 'fatal',
  RATE_LIMITS: 'off',
  MAX_CONNECTIONS_PER_USER: '1000',
  MAIL_FROM: 'MmChat <chat@example.com>',
};

/** Values that production would refuse. */
const QUICK = { BCRYPT_COST: '4' };

/** The environment of a separate server: an empty database and a mail server. */
export function freshEnvironment(kind: DatabaseKind, overrides: Record<string, string> = {}) {
  return environmentWith(kind, overrides, {
    file: async () => undefined,
    database: (postgresql) => postgresql.createDatabase(),
  });
}

/** The same with a migrated database, which saves most of the time of the start. */
export function migratedEnvironment(kind: DatabaseKind, overrides: Record<string, string> = {}) {
  return environmentWith(kind, overrides, {
    file: makeMigratedFile,
    database: (postgresql) => postgresql.createMigratedDatabase(),
  });
}

type Making = {
  file(path: string): Promise<void>;
  database(postgresql: PostgreSql): Promise<string>;
};

async function environmentWith(kind: DatabaseKind, overrides: Record<string, string>, make: Making) {
  const folder = await mkdtemp(join(temporaryRoot(), 'mmchat-'));
  const smtp = await startSmtp();
  const postgresql = kind === 'postgresql' ? await requirePostgresql({ skip: unskippable } as never) : undefined;
  const file = join(folder, 'mmchat.sqlite');
  if (postgresql === undefined) await make.file(file);
  const database = postgresql === undefined ? `sqlite:${file}` : await make.database(postgresql);
  const quick = overrides.NODE_ENV === 'production' ? {} : QUICK;
  const own = { DATABASE_URL: database, SMTP_URL: smtp.url };
  const env: Record<string, string> = { ...DEFAULTS, ...quick, ...own, ...overrides };
  async function remove(): Promise<void> {
    await smtp.stop();
    await postgresql?.dropDatabase(database);
    await rm(folder, { recursive: true, force: true });
  }
  return { env, smtp, remove };
}

/** Starts a server in this process, on a free port, with its own database. */
export async function startApp(
  kind: DatabaseKind = 'sqlite',
  overrides: Record<string, string> = {},
): Promise<TestApp> {
  const { env, smtp, remove } = await migratedEnvironment(kind, overrides);
  let app: App;
  try {
    app = await createApp(readConfig(env));
  } catch (error) {
    await remove(); // otherwise the mail server would keep this process from ending
    throw error;
  }
  const people = new People(app.url, smtp);
  return {
    url: app.url,
    smtp,
    env,
    person: (name) => people.signUp(name),
    people: (...names) => Promise.all(names.map((name) => people.signUp(name))) as never, // of the same length as names
    async stop() {
      people.closeClients();
      await app.stop();
      await remove();
    },
  };
}

/** Runs the same tests on both databases; those on PostgreSQL are skipped, visibly, where it is not installed. */
export function onEachDatabase(title: string, tests: (kind: DatabaseKind) => void): void {
  describe(`${title} on SQLite`, () => tests('sqlite'));
  describe(`${title} on PostgreSQL`, function (this: Mocha.Suite) {
    before(async function () {
      this.timeout(120_000);
      await requirePostgresql(this);
    });
    tests('postgresql');
  });
}

const unskippable = () => {
  throw new Error('ask for PostgreSQL in a before hook first: onEachDatabase does');
};
