import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { People, type Person } from './people.ts';
import { requirePostgresql } from './services.ts';
import { type Smtp, startSmtp } from './smtp.ts';

export type DatabaseKind = 'sqlite' | 'postgresql';
export type TestApp = {
  readonly url: string;
  readonly smtp: Smtp;
  /** The environment it was started with, for starting another beside it or again. */
  readonly env: Readonly<Record<string, string>>;
  /** Signs somebody up through real mail. Names are unique per app: a number is added to the given one. */
  person(name?: string): Promise<Person>;
  people<Names extends string[]>(...names: Names): Promise<{ [Each in keyof Names]: Person }>;
  /** Closes the clients, the server and the mail server, and removes the database. */
  stop(): Promise<void>;
};

/** What every test server is started with; tests that are about limits switch them on. */
const DEFAULTS = {
  NODE_ENV: 'test',
  HTTP_ADDR: '127.0.0.1:0',
  JWT_SECRET: 'a secret for tests that is long enough to be one',
  LOG_LEVEL: 'fatal',
  RATE_LIMITS: 'off',
  MAX_CONNECTIONS_PER_USER: '1000',
  MAIL_FROM: 'MmChat <chat@example.com>',
};

/** What production would refuse. */
const QUICK = { BCRYPT_COST: '4' };

/** The environment of a server of its own: an empty database and a mail server. */
export async function freshEnvironment(kind: DatabaseKind, overrides: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'mmchat-'));
  const smtp = await startSmtp();
  const postgresql = kind === 'postgresql' ? await requirePostgresql({ skip: unskippable } as never) : undefined;
  const database = (await postgresql?.createDatabase()) ?? `sqlite:${join(folder, 'mmchat.sqlite')}`;
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

/** Starts a server in this process, on a free port, with a database of its own. */
export async function startApp(
  kind: DatabaseKind = 'sqlite',
  overrides: Record<string, string> = {},
): Promise<TestApp> {
  const { env, smtp, remove } = await freshEnvironment(kind, overrides);
  let app: App;
  try {
    app = await createApp(readConfig(env));
  } catch (error) {
    await remove(); // or the mail server would keep this process from ending
    throw error;
  }
  const people = new People(app.url, smtp);
  return {
    url: app.url,
    smtp,
    env,
    person: (name) => people.signUp(name),
    people: (...names) => Promise.all(names.map((name) => people.signUp(name))) as never, // as many as names
    async stop() {
      people.closeClients();
      await app.stop();
      await remove();
    },
  };
}

/** Runs the same tests on both databases; those on PostgreSQL are skipped, loudly, where it is not installed. */
export function onEachDatabase(title: string, tests: (kind: DatabaseKind) => void): void {
  describe(`${title} on SQLite`, () => tests('sqlite'));
  describe(`${title} on PostgreSQL`, function (this: Mocha.Suite) {
    before(async function () {
      this.timeout(30_000);
      await requirePostgresql(this);
    });
    tests('postgresql');
  });
}

const unskippable = () => {
  throw new Error('ask for PostgreSQL in a before hook first: onEachDatabase does');
};
