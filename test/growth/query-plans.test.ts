import { expect } from 'chai';
import { sessionIdOf } from '../../bench/servers/filling.ts';
import { OneTimeCodes } from '../../src/accounts/one-time-codes.ts';
import { Sessions } from '../../src/accounts/sessions.ts';
import { Tokens } from '../../src/accounts/tokens.ts';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { Database } from '../../src/database.ts';
import { operations } from '../../src/operations.ts';
import { freshEnvironment, onEachDatabase } from '../support/app.ts';
import { askForEverything } from './everything.ts';
import { fill } from './filled.ts';
import { GROWING, type Plan, planOf } from './plans.ts';
import { noteStatements, type Statement } from './statements.ts';

type Explained = Statement & Plan;

const HOUR_MS = 3_600_000;

/**
 * Statements that may do what others may not. They are to become fewer: one that no longer does it fails the test, so
 * that it is taken out here.
 */
type Exceptions = Readonly<Record<string, RegExp>>;
/** By database: the plans differ. */
const MAY_SCAN: Record<string, Exceptions> = {
  sqlite: {
    'a new user is looked for among the senders only while a deferred foreign key is broken (FkIfZero), and none is':
      /insert into users/,
  },
};
const MAY_SORT: Exceptions = {
  "the activity by which a user's conversations are listed is in another table":
    /order by n\.activity_at desc, n\.id desc limit/,
  'whoever has been in a group for longest becomes its admin when the last one leaves':
    /order by p\.is_admin desc, p\.joined_at/,
};

onEachDatabase('Every statement', (kind) => {
  let explained: Explained[];
  let asked: Set<string>;

  before(async function () {
    this.timeout(60_000);
    const { env, smtp, remove } = await freshEnvironment(kind);
    const config = readConfig(env);
    const filled = await Database.open(config.database);
    await fill(filled);
    await filled.close();

    const noted = noteStatements();
    const app = await createApp(config);
    const tokens = new Tokens(config.tokens.secret);
    const tokenOf = (userId: number) =>
      tokens.issue({ userId, sessionId: sessionIdOf(userId), expiresAt: Date.now() + HOUR_MS });
    asked = await askForEverything({ url: app.url, smtp, tokenOf });
    await app.stop();
    const database = await Database.open(config.database);
    await sweep(database, tokens, config.otp);
    noted.stop();

    explained = [];
    for (const statement of noted.statements.values()) {
      const plan = await planOf(database, statement);
      if (plan !== undefined) explained.push({ ...statement, ...plan });
    }
    await database.close();
    await remove();
  });

  it('of every operation is among those that are looked at', () => {
    expect([...asked]).to.have.members(Object.keys(operations));
    for (const table of GROWING)
      expect(
        explained.some(({ sql }) => sql.includes(table)),
        table,
      ).to.equal(true);
  });

  it('finds its rows by an index in the tables that grow', () => {
    expectOnly(
      MAY_SCAN[kind] ?? {},
      explained.filter(({ scanned }) => scanned.length > 0),
    );
  });

  it('with a limit reads in the order that it gives, and sorts no more', () => {
    expectOnly(
      MAY_SORT,
      explained.filter(({ sortsForLimit }) => sortsForLimit),
    );
  });

  it('with a limit is planned once, not whenever it is asked', () => {
    const bare = explained.filter(({ sql }) => /\b(limit|offset) (\?|\$\d)/.test(sql));
    expect(bare.map(textOf)).to.deep.equal([]);
  });
});

/** What the server does once a minute. */
async function sweep(database: Database, tokens: Tokens, otp: ReturnType<typeof readConfig>['otp']): Promise<void> {
  await new Sessions(
    database,
    tokens,
    1,
    async () => undefined,
    () => true,
  ).sweep();
  await new OneTimeCodes(database, tokens, otp).sweep();
}

function expectOnly(exceptions: Exceptions, found: readonly Explained[]): void {
  const named = Object.entries(exceptions);
  const unnamed = found.filter(({ sql }) => !named.some(([, pattern]) => pattern.test(sql)));
  expect(unnamed.map(textOf)).to.deep.equal([]);
  for (const [name, pattern] of named)
    expect(
      found.some(({ sql }) => pattern.test(sql)),
      `${name} is mended`,
    ).to.equal(true);
}

const textOf = ({ sql, scanned, text }: Explained) => `${scanned.join(', ')}\n${sql.trim()}\n${text}`;
