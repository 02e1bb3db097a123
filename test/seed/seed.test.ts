import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { type App, createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import type { Database } from '../../src/database/database.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { PASSWORD, PEOPLE } from '../../tools/seed/cast.ts';
import { seedDatabase } from '../../tools/seed/seed.ts';
import { migratedEnvironment, onEachDatabase } from '../support/app.ts';
import { rest } from '../support/clients.ts';
import { post } from '../support/people.ts';
import { COMPILED_ONCE } from '../support/processes.ts';
import { IS_SOAK } from '../support/soak.ts';
import { expectTrue, type Rows, rowsOf, unreadOf } from './recount.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 20, 18, 30);
/** The story does not depend on the database, and PostgreSQL needs several times as long to store it. */
const MESSAGES = { sqlite: 1_200, postgresql: IS_SOAK ? 1_200 : 400 };
/** Shorter stories do not contain everything. */
const COMPLETE_FROM = 1_200;
const run = promisify(execFile);

type Fresh = Awaited<ReturnType<typeof migratedEnvironment>>;

onEachDatabase('A seeded database', (kind) => {
  let fresh: Fresh;
  let database: Database;
  let rows: Rows;
  before(async function () {
    this.timeout(120_000);
    fresh = await migratedEnvironment(kind);
    database = await openDatabase(readConfig(fresh.env).database);
    await seedDatabase(database, { messages: MESSAGES[kind], now: NOW, cost: 4 });
    rows = await rowsOf(database);
  });
  after(async () => {
    await database.close();
    await fresh.remove();
  });

  it('has the same numbers and counters as a recount', () => {
    expectTrue(rows);
  });

  if (MESSAGES[kind] >= COMPLETE_FROM)
    it('contains users, conversations, weeks of messages, edits, deletions, unread and partly read messages', () => {
      const { conversations, messages, participants, ranges } = rows;
      const ordinary = messages.filter(({ event }) => event === null);
      expect(ordinary.length).to.be.within(900, 1_600);
      expect(new Set(participants.map(({ userId }) => userId)).size).to.equal(PEOPLE.length);
      expect(new Set(messages.map(({ conversationId }) => conversationId)).size).to.equal(conversations.length);
      const moments = messages.map(({ createdAt }) => createdAt);
      expect(Math.min(...moments)).to.be.below(NOW - 25 * DAY_MS);
      expect(Math.max(...moments)).to.be.within(NOW - DAY_MS, NOW);
      const events = new Set(messages.map(({ event }) => event));
      expect(events).to.include.all.keys('added_to_conversation', 'removed_from_conversation', 'renamed');
      expect(messages.filter(({ editedAt }) => editedAt !== null)).to.have.length.above(20);
      expect(messages.filter(({ deletedAt }) => deletedAt !== null)).to.have.length.above(10);
      expect(ranges).to.have.length.above(2);
      const unread = [...unreadOf(rows, participants[0]?.userId ?? 0).values()];
      expect(unread.filter((count) => count > 0)).to.have.length.above(2);
      expect(unread.filter((count) => count === 0)).to.have.length.above(2);
      expect(new Set(ordinary.map(({ content }) => content)).size).to.be.above(300);
      expect(messages.filter(({ content }) => /[{}]/.test(content) || content.length > 200)).to.deep.equal([]);
    });

  it('lets every user log in with the password, who then sees what a recount finds', async () => {
    const app: App = await createApp(readConfig(fresh.env));
    try {
      for (const username of ['alice', 'olga', 'yusuf']) {
        const response = await post(`${app.url}/api/login`, { username, password: PASSWORD });
        const { user_id } = (await response.json()) as { user_id: number };
        const token = /token=([^;]+)/.exec(response.headers.get('set-cookie') ?? '')?.[1];
        const { conversations } = await rest(app.url, token).ask('list_conversations');
        const listed = conversations.map((each: Record<string, number>) => [each.conversation_id, each.unread_count]);
        expect(new Map(listed)).to.deep.equal(unreadOf(rows, user_id));
        expect(conversations).to.have.length.above(1);
      }
    } finally {
      await app.stop();
    }
  });

  it('is the same for the same seed and time, and can be extended by more users', async function () {
    this.timeout(120_000);
    const other = await migratedEnvironment('sqlite'); // also the same on both databases
    const again = await openDatabase(readConfig(other.env).database);
    await seedDatabase(again, { messages: MESSAGES[kind], now: NOW, cost: 4 });
    expect(await rowsOf(again)).to.deep.equal(rows);
    await again.close();
    await other.remove();
    const { usernames } = await seedDatabase(database, { messages: 300, now: NOW, cost: 4 });
    expect(usernames).to.deep.equal(PEOPLE.map((name) => `${name}2`));
    const more = await rowsOf(database);
    expect(more.messages.length).to.be.above(rows.messages.length + 200);
    expectTrue(more);
  });
});

describe('npm run seed', () => {
  let fresh: Fresh;
  beforeEach(async () => {
    fresh = await migratedEnvironment('sqlite');
  });
  afterEach(() => fresh.remove());

  const seed = (env: Record<string, string>, ...args: string[]) =>
    run(process.execPath, ['tools/seed/main.ts', ...args], { env: { ...COMPILED_ONCE, ...fresh.env, ...env } }).then(
      ({ stdout }) => ({ code: 0, output: stdout }),
      ({ code, stderr }: { code: number; stderr: string }) => ({ code, output: stderr }),
    );
  async function people(): Promise<number> {
    const database = await openDatabase(readConfig(fresh.env).database);
    const { participants } = await rowsOf(database);
    await database.close();
    return new Set(participants.map(({ userId }) => userId)).size;
  }

  it('fills the database and prints how to log in; a second time only with --more', async () => {
    const { code, output } = await seed({});
    expect(code).to.equal(0);
    expect(output).to.include(PASSWORD).and.include('alice');
    const again = await seed({});
    expect(again.code).to.equal(1);
    expect(again.output).to.include('--more');
    expect(await people()).to.equal(PEOPLE.length);
    const more = await seed({}, '--more', '--messages', '400');
    expect(more.output).to.include('alice2');
    expect(Number(/(\d+) messages/.exec(more.output)?.[1])).to.be.within(300, 500);
    expect(await people()).to.equal(2 * PEOPLE.length);
  }).timeout(120_000);

  it('refuses in production with any options', async () => {
    const { code, output } = await seed({ NODE_ENV: 'production' }, '--more');
    expect(code).to.equal(1);
    expect(output).to.include('production').and.not.include(PASSWORD);
    expect(await people()).to.equal(0);
  }).timeout(120_000);
});
