import { expect } from 'chai';
import { sql } from 'kysely';
import { Database } from '../../src/database.ts';
import { rememberStatements } from '../../src/prepared-statements.ts';

describe('Statements of SQLite', () => {
  it('are prepared once each, but for long ones', () => {
    const prepared: string[] = [];
    const native = {
      prepare(text: string) {
        prepared.push(text);
        return { text };
      },
    };
    rememberStatements(native);
    const long = `select ${'1, '.repeat(2_000)} 1`;
    for (const text of ['select 1', 'select 2', 'select 1', long, long]) expect(native.prepare(text)).to.eql({ text });
    expect(prepared).to.deep.equal(['select 1', 'select 2', long, long]);
  });

  it('give what is there after a table has changed under them', async () => {
    const database = await Database.open({ kind: 'sqlite', path: ':memory:' });
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
});
