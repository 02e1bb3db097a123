import { expect } from 'chai';
import { openToFill, sessionIdOf } from '../../bench/servers/fill-database.ts';
import { sweepFormerNames } from '../../src/accounts/former-names.ts';
import { OneTimeCodes } from '../../src/accounts/one-time-codes.ts';
import { Sessions } from '../../src/accounts/sessions.ts';
import { Tokens } from '../../src/accounts/tokens.ts';
import { createApp } from '../../src/app.ts';
import { MemoryBroker } from '../../src/broker/memory.ts';
import { readConfig } from '../../src/config/config.ts';
import type { Database } from '../../src/database/database.ts';
import { operations } from '../../src/operations.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { migratedEnvironment, onEachDatabase } from '../support/app.ts';
import { callEveryOperation } from './every-operation.ts';
import { fill } from './fixture.ts';
import { GROWING, type Plan, planOf } from './plans.ts';
import { recordStatements, type Statement } from './statements.ts';

type Explained = Statement & Plan;

const HOUR_MS = 3_600_000;

/**
 * Statements with a permitted exception. An exception that no longer occurs fails the test, so that it is removed
 * here.
 */
type Exceptions = Readonly<Record<string, RegExp>>;
/** By database, because the plans differ. */
const MAY_SCAN: Record<string, Exceptions> = {
  sqlite: {
    'a new user is looked for among the senders only while a deferred foreign key is broken (FkIfZero), and none is':
      /insert into "users"/,
  },
};
const MAY_SORT: Exceptions = {
  "the activity by which a user's conversations are listed is in another table":
    /order by n\.activity_at desc, n\.id desc limit/,
  'the member who has been in a group for longest becomes its admin when the last one leaves':
    /order by "p"\."is_admin" desc, "p"\."joined_at"/,
};

onEachDatabase('Every statement', (kind) => {
  let explained: Explained[];
  let called: Set<string>;

  before(async function () {
    this.timeout(120_000);
    const { env, smtp, remove } = await migratedEnvironment(kind, { LEGACY_FIELDS: 'on' }); // it adds statements
    const config = readConfig(env);
    const filled = await openToFill(config.database);
    await fill(filled);
    await filled.close();

    const recorded = recordStatements();
    const app = await createApp(config);
    const tokens = new Tokens(config.tokens.secret);
    const tokenOf = (userId: number) =>
      tokens.issue({ userId, sessionId: sessionIdOf(userId), expiresAt: Date.now() + HOUR_MS });
    called = await callEveryOperation({ url: app.url, smtp, tokenOf });
    await app.stop();
    const database = await openDatabase(config.database);
    await sweep(database, tokens, config.otp);
    recorded.stop();

    explained = [];
    for (const statement of recorded.statements.values()) {
      const plan = await planOf(database, statement);
      if (plan !== undefined) explained.push({ ...statement, ...plan });
    }
    await database.close();
    await remove();
  });

  it('of every operation is explained', () => {
    expect([...called]).to.have.members(Object.keys(operations));
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

  it('with a limit reads in the requested order, without sorting more rows', () => {
    expectOnly(
      MAY_SORT,
      explained.filter(({ sortsForLimit }) => sortsForLimit),
    );
  });

  it('with a limit is planned once, not for each call', () => {
    const bare = explained.filter(({ sql }) => /\b(limit|offset) (\?|\$\d)/.test(sql));
    expect(bare.map(textOf)).to.deep.equal([]);
  });
});

/** The periodic work of a server. */
async function sweep(database: Database, tokens: Tokens, otp: ReturnType<typeof readConfig>['otp']): Promise<void> {
  const lasting = { ttlMinutes: 1, maxDays: 1 };
  const sessions = new Sessions(database, tokens, lasting, new MemoryBroker());
  await sessions.sweep();
  await sessions.renewal.endsOfRenewed(['no session']);
  await new OneTimeCodes(database, tokens, otp).sweep();
  await sweepFormerNames(database);
}

function expectOnly(exceptions: Exceptions, found: readonly Explained[]): void {
  const named = Object.entries(exceptions);
  const unnamed = found.filter(({ sql }) => !named.some(([, pattern]) => pattern.test(sql)));
  expect(unnamed.map(textOf)).to.deep.equal([]);
  for (const [name, pattern] of named)
    expect(
      found.some(({ sql }) => pattern.test(sql)),
      `${name} no longer occurs`,
    ).to.equal(true);
}

const textOf = ({ sql, scanned, text }: Explained) => `${scanned.join(', ')}\n${sql.trim()}\n${text}`;
