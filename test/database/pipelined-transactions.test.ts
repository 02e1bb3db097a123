import { expect } from 'chai';
import { sql } from 'kysely';
import type { Database } from '../../src/database/database.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { requirePostgresql } from '../support/services.ts';

describe('A transaction on PostgreSQL', () => {
  let database: Database;
  let drop: () => Promise<void>;

  before(async function () {
    this.timeout(120_000);
    const postgresql = await requirePostgresql(this);
    const url = await postgresql.createDatabase();
    database = await openDatabase({ kind: 'postgresql', url });
    drop = async () => {
      await database.close();
      await postgresql.dropDatabase(url);
    };
    await sql`create table things (a integer primary key)`.execute(database.sql);
  });
  after(() => drop?.());
  beforeEach(() => sql`delete from things`.execute(database.sql));

  const insert = (a: number) => sql`insert into things values (${a})`;
  const kept = async () =>
    (await sql<{ a: number }>`select a from things order by a`.execute(database.sql)).rows.map(({ a }) => a);

  it('is not reported as committed if a statement failed whose result was not awaited', async () => {
    const refused = await database
      .transaction(async ({ sql: db }) => {
        await insert(1).execute(db);
        await insert(1)
          .execute(db)
          .catch(() => undefined);
      })
      .catch(String);
    expect(refused).to.contain('rolled back');
    expect(await kept()).to.deep.equal([]);
  });

  it('prepares repeated statements, and continues after the table was altered', async () => {
    const all = sql<object>`select * from things`;
    const once = () => database.transaction(async ({ sql: db }) => (await all.execute(db)).rows);
    await insert(1).execute(database.sql);
    await once();
    const prepared = await database.transaction(async ({ sql: db }) => {
      await all.execute(db);
      const found = sql<{
        n: number;
      }>`select count(*) as n from pg_prepared_statements where statement = 'select * from things'`;
      return (await found.execute(db)).rows[0]?.n;
    });
    expect(prepared).to.equal(1);
    await sql`alter table things add column b integer default 2`.execute(database.sql);
    await once().catch(() => undefined); // the connection that had prepared it is closed
    expect(await once()).to.deep.equal([{ a: 1, b: 2 }]);
  });
});

describe('Batches that overlap', () => {
  let app: TestApp;
  before(async function () {
    this.timeout(120_000);
    await requirePostgresql(this);
    app = await startApp('postgresql');
  });
  after(() => app?.stop());

  it('are emitted in the order of their sequence numbers, each change once', async () => {
    const [alice, bob, carol] = await app.people('alice', 'bob', 'carol');
    const { conversation_id } = await alice.rest.ask('create_group', { name: 'all', member_ids: [bob.id, carol.id] });
    const [one, other, listening] = [await alice.socketio(), await bob.raw(), await carol.socketio()];
    const lanes = Array.from({ length: 40 }, async (_, lane) => {
      for (let n = 0; n < 10; n += 1) {
        const answer = await (lane % 2 ? one : other).ask('message', { conversation_id, content: `${lane}/${n}` });
        expect(answer.ok).to.equal(true);
      }
    });
    await Promise.all(lanes);
    const { messages } = (await carol.rest.ask('list_messages', { conversation_id, limit: 1 })) as never as {
      messages: { seq: number }[];
    };
    const last = messages[0]?.seq as number;
    const seqs: number[] = [];
    while (seqs.at(-1) !== last) seqs.push(Number((await listening.inbox.next('message')).seq));
    expect(seqs).to.have.length(400);
    expect(seqs).to.deep.equal(seqs.map((_, index) => (seqs[0] as number) + index));
  });
});
