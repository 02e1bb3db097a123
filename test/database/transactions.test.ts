import { expect } from 'chai';
import { sql } from 'kysely';
import { readConfig } from '../../src/config/config.ts';
import type { Database } from '../../src/database/database.ts';
import { RowStatement } from '../../src/database/statement.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { freshEnvironment, onEachDatabase } from '../support/app.ts';

onEachDatabase('A transaction', (kind) => {
  let database: Database;
  let remove: () => Promise<void>;

  before(async function () {
    this.timeout(120_000);
    const environment = await freshEnvironment(kind);
    database = await openDatabase(readConfig(environment.env).database);
    remove = environment.remove;
    const id = kind === 'sqlite' ? sql`integer primary key` : sql`bigserial primary key`;
    await sql`create table things (id ${id}, a integer unique, word text)`.execute(database.sql);
  });
  after(async () => {
    await database?.close();
    await remove?.();
  });
  beforeEach(() => sql`delete from things`.execute(database.sql));

  const insert = (a: number) => sql`insert into things (a) values (${a})`;
  const kept = async () =>
    (await sql<{ a: number }>`select a from things order by a`.execute(database.sql)).rows.map(({ a }) => a);

  it('commits its statements in the order in which they were run', async () => {
    const counts = await database.transaction(async ({ sql: db }) => {
      const count = sql<{ n: number }>`select count(*) as n from things`;
      const [, first, , second] = await Promise.all([
        insert(1).execute(db),
        count.execute(db),
        insert(2).execute(db),
        count.execute(db),
      ]);
      return [first.rows[0]?.n, second.rows[0]?.n];
    });
    expect(counts).to.deep.equal([1, 2]);
    expect(await kept()).to.deep.equal([1, 2]);
  });

  it('commits nothing if one of several statements fails, and reports why', async () => {
    const refused = await database
      .transaction(({ sql: db }) => Promise.all([insert(1).execute(db), insert(1).execute(db), insert(2).execute(db)]))
      .catch(String);
    expect(refused).to.match(/duplicate key|UNIQUE constraint/);
    expect(await kept()).to.deep.equal([]);
  });

  it('commits nothing if its callback throws, and the next transaction can begin', async () => {
    const broken = database.transaction(async ({ sql: db }) => {
      await insert(1).execute(db);
      throw new Error('enough');
    });
    expect(await broken.catch(String)).to.contain('enough');
    expect(await kept()).to.deep.equal([]);
    await database.transaction(({ sql: db }) => insert(3).execute(db));
    expect(await kept()).to.deep.equal([3]);
  });

  it('is visible to others completely or not at all, and two do not mix', async () => {
    const seen: number[][] = [];
    const both = [10, 20].map((first) =>
      database.transaction(async ({ sql: db }) => {
        await insert(first).execute(db);
        seen.push(await Promise.race([kept(), new Promise<number[]>((resolve) => setImmediate(resolve, []))]));
        await insert(first + 1).execute(db);
        if (first === 20) throw new Error('enough');
      }),
    );
    const [one, other] = await Promise.allSettled(both);
    expect([one?.status, other?.status]).to.deep.equal(['fulfilled', 'rejected']);
    for (const each of seen) expect(each.length % 2, String(each)).to.equal(0);
    expect(await kept()).to.deep.equal([10, 11]);
  });

  const insertThing = new RowStatement<{ id: number }>(
    (row) =>
      `insert into things (word, a) select ${row.text(1)}, ${row.int(0)} ${row.from} ${row.inOrder} ${row.returningId}`,
  );
  const findThing = new RowStatement<{ a: number; word: string | null }>(
    (row) =>
      `select a, word from things${row.and} where a = ${row.int(0)} or (word = ${row.text(1)} and a = ${row.int(0)})`,
  );

  it('runs a statement for each of many rows: with the values of each, and in their order if required', async () => {
    const rows = Array.from(
      { length: 300 },
      (_, index) => [300 - index, index % 3 === 0 ? null : `"'\\ ${index} ä`] as const,
    );
    const ids = await database.transaction(({ run }) => run(insertThing, rows));
    expect(ids).to.have.length(300);
    for (const [index, { id }] of ids.entries()) {
      const { rows: found } = await sql<{ a: number; word: string | null }>`
        select a, word from things where id = ${id}`.execute(database.sql);
      expect(found).to.deep.equal([{ a: rows[index]?.[0], word: rows[index]?.[1] }]);
    }
    const inside = await database.transaction(({ run }) => run(findThing, rows.slice(0, 5)));
    const outside = await database.run(findThing, rows.slice(0, 5));
    for (const answers of [inside, outside])
      expect(answers.map(({ a }) => a)).to.have.members([300, 299, 298, 297, 296]);
  });

  it('runs a statement for no rows', async () => {
    expect(await database.transaction(({ run }) => run(findThing, []))).to.deep.equal([]);
    expect(await database.run(findThing, [])).to.deep.equal([]);
  });
});
