import { expect } from 'chai';
import { sql } from 'kysely';
import { limit } from '../../src/database/queries.ts';
import { StatementCache } from '../../src/database/sqlite/client.ts';
import { Statement } from '../../src/database/statement.ts';
import { openDatabase } from '../../src/server/open-database.ts';

/** How often the driver creates a row function: whenever SQLite has planned a statement again. */
async function plansDuring(work: () => Promise<unknown>): Promise<number> {
  const { Function: original } = globalThis;
  let count = 0;
  globalThis.Function = new Proxy(original, {
    apply(target, self, given) {
      count += 1;
      return Reflect.apply(target, self, given);
    },
  });
  try {
    await work();
  } finally {
    globalThis.Function = original;
  }
  return count;
}

describe('SQLite statements', () => {
  it('are prepared once each, except for long ones', () => {
    const prepared: string[] = [];
    const native = {
      prepare(text: string) {
        prepared.push(text);
        return { text };
      },
    };
    const cache = new StatementCache(native);
    const long = `select ${'1, '.repeat(2_000)} 1`;
    for (const text of ['select 1', 'select 2', 'select 1', long, long]) expect(cache.prepare(text)).to.eql({ text });
    expect(prepared).to.deep.equal(['select 1', 'select 2', long, long]);
  });

  it('return current rows after a table was changed', async () => {
    const database = await openDatabase({ kind: 'sqlite', path: ':memory:' });
    try {
      const all = sql`select * from changing`;
      await sql`create table changing (a integer)`.execute(database.sql);
      await sql`insert into changing values (1)`.execute(database.sql);
      expect((await all.execute(database.sql)).rows).to.deep.equal([{ a: 1 }]);
      await sql`alter table changing add column b integer default 2`.execute(database.sql);
      expect((await all.execute(database.sql)).rows).to.deep.equal([{ a: 1, b: 2 }]);
      await sql`drop table changing`.execute(database.sql);
      const refused = await all.execute(database.sql).catch(String);
      expect(refused).to.contain('no such table');
    } finally {
      await database.close();
    }
  });

  it('that differ in their limit are planned once', async () => {
    const database = await openDatabase({ kind: 'sqlite', path: ':memory:' });
    const rows = sql`select 1 as a union all select 2`;
    const asked = async (most: (count: number) => ReturnType<typeof limit>) => {
      for (const count of [1, 2, 2]) {
        const found = await sql`${rows} ${most(count)}`.execute(database.sql);
        expect(found.rows).to.have.length(count);
      }
    };
    try {
      const bare = await plansDuring(() => asked((count) => sql`limit ${count}`));
      expect(bare, 'need one that is planned again, for comparison').to.equal(3);
      expect(await plansDuring(() => asked(limit))).to.equal(1);
    } finally {
      await database.close();
    }
  });
});

describe('A statement with parameters', () => {
  it('is compiled once for each database, and run with the values of each call', async () => {
    let made = 0;
    const add = new Statement<{ a: number; b: number }, { sum: number }>((value) => {
      made += 1;
      return sql`select ${value('a')} + ${value('b')} * ${100} + ${value('a')} as sum`;
    });
    const databases = [
      await openDatabase({ kind: 'sqlite', path: ':memory:' }),
      await openDatabase({ kind: 'sqlite', path: ':memory:' }),
    ];
    for (const database of databases) {
      expect(await database.all(add, { a: 1, b: 2 })).to.deep.equal([{ sum: 202 }]);
      expect(await database.all(add, { b: 1, a: 5 })).to.deep.equal([{ sum: 110 }]);
    }
    expect(made).to.equal(databases.length);
    for (const database of databases) await database.close();
  });
});
