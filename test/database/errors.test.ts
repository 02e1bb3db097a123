import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../../src/database/database.ts';
import { databaseFault } from '../../src/database/errors.ts';
import { DatabaseHealth } from '../../src/database/health.ts';
import type { Sql } from '../../src/database/queries.ts';
import { Conditions } from '../../src/monitoring/conditions.ts';
import { codeOf } from '../../src/operation/dispatch.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { until } from '../cluster/until.ts';
import type { PostgreSql } from '../support/postgresql.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import { requirePostgresql } from '../support/services.ts';

const failure = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => Promise.reject(new Error('it did not fail')),
    (error) => error,
  );

const codeIn = (error: Error) => databaseFault(error)?.code;

/** The error code for clients, and whether the connection is used again. */
type Expected = { code: string; answer: 'database_unavailable' | 'busy' | 'internal_error'; given?: 'up' };
const unavailable = (code: string): Expected => ({ code, answer: 'database_unavailable', given: 'up' });
const RAISED: readonly Expected[] = [
  ...['08006', '57P01', '57P03', '53300', '28P01', '28000', '3D000', '25006', '58030', 'XX001'].map(unavailable),
  ...['53100', '53200', '42501', '42P01', '42703'].map((code) => ({ code, answer: 'database_unavailable' }) as const),
  ...['55P03', '57014', '40001', '40P01'].map((code) => ({ code, answer: 'busy' }) as const),
  ...['P0001', '22001', '23502', '42601'].map((code) => ({ code, answer: 'internal_error' }) as const),
];

describe('An error of PostgreSQL', function () {
  this.timeout(120_000);
  let postgresql: PostgreSql;
  let url: string;
  let database: Database;
  before(async function () {
    this.timeout(120_000);
    postgresql = await requirePostgresql(this);
    url = await postgresql.createDatabase();
    database = await openDatabase({ kind: 'postgresql', url });
    await sql`create table things (a integer primary key)`.execute(database.sql);
  });
  after(async () => {
    await database?.close();
    if (postgresql) await postgresql.dropDatabase(url);
  });

  const pidIn = async (db: Sql) =>
    (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)).rows[0]?.pid;
  const raise = (code: string) => sql.raw(`do $$ begin raise exception using errcode = '${code}'; end $$`);

  for (const { code, answer, given } of RAISED) {
    it(`${code} is ${answer} for clients, and the connection is ${given === 'up' ? 'given up' : 'used again'}`, async () => {
      let pid: number | undefined;
      const inTransaction = database.transaction(async ({ sql: db }) => {
        pid = await pidIn(db);
        await raise(code).execute(db);
      });
      expect(codeOf(await failure(inTransaction))).to.equal(answer);
      const next = await database.transaction(({ sql: db }) => pidIn(db));
      expect(next !== pid, 'another connection').to.equal(given === 'up');
      const outside = await failure(raise(code).execute(database.sql));
      expect(codeOf(outside)).to.equal(answer);
      if (given === 'up')
        await until('it is not used outside of transactions', async () => (await pidIn(database.sql)) !== next);
      const fault = databaseFault(outside);
      if (answer === 'internal_error') return expect(fault).to.equal(undefined);
      expect(fault).to.include({ code, answer });
      expect(fault?.cause).to.match(/^[A-Z].*\.$/);
      expect(fault?.next).to.match(/^[A-Z].*\.$/);
    });
  }

  const open = (change: (address: URL) => void) => {
    const address = new URL(url);
    change(address);
    return failure(openDatabase({ kind: 'postgresql', url: address.href }));
  };
  const REAL: Record<string, readonly [code: string, () => Promise<Error>]> = {
    'an unknown user': ['28000', () => open((address) => (address.username = 'nobody_known'))],
    'a database that is dropped': [
      '3D000',
      async () => {
        const other = await postgresql.createDatabase();
        const own = await openDatabase({ kind: 'postgresql', url: other });
        await postgresql.dropDatabase(other);
        await until(
          'its connections are lost',
          async () => codeIn(await failure(sql`select 1`.execute(own.sql))) === '3D000',
        );
        const error = await failure(sql`select 1`.execute(own.sql));
        await own.close();
        return error;
      },
    ],
    'a server that is not there': ['ECONNREFUSED', () => open((address) => (address.port = '1'))],
    'a statement that takes too long': [
      '57014',
      () =>
        failure(
          database.transaction(async ({ sql: db }) => {
            await sql`set local statement_timeout = 50`.execute(db);
            await sql`select pg_sleep(5)`.execute(db);
          }),
        ),
    ],
    'a lock of another transaction': [
      '55P03',
      () =>
        database.transaction(async ({ sql: db }) => {
          await sql`lock table things`.execute(db);
          return failure(
            database.transaction((other) => sql`insert into things values (1)`.execute(other.sql), {
              lockWithinMs: 100,
            }),
          );
        }),
    ],
    'a table that is not there': ['42P01', () => failure(sql`select 1 from no_such_table`.execute(database.sql))],
    'a user without rights': [
      '42501',
      async () => {
        await postgresql.query(url, 'create role powerless login; grant usage on schema public to powerless');
        return failure(
          database.transaction(async ({ sql: db }) => {
            await sql`set local role powerless`.execute(db);
            await sql`insert into things values (1)`.execute(db);
          }),
        );
      },
    ],
  };
  for (const [what, [code, cause]] of Object.entries(REAL)) {
    it(`because of ${what} is reported with its code`, async () => {
      expect(codeIn(await cause())).to.equal(code);
    });
  }

  it('is the first of its transaction, whatever statements follow it', async () => {
    const write = (a: number) => sql`insert into things values (${a})`;
    const error = await failure(
      database.transaction(async ({ sql: db }) => {
        await write(1).execute(db);
        const swallowed = raise('53100')
          .execute(db)
          .catch(() => undefined);
        await swallowed;
        await write(2).execute(db);
      }),
    );
    expect(databaseFault(error)?.code).to.equal('53100');
    const unnoticed = await failure(
      database.transaction(async ({ sql: db }) => {
        await raise('53100')
          .execute(db)
          .catch(() => undefined);
      }),
    );
    expect(databaseFault(unnoticed)?.code).to.equal('53100');
  });

  it('because of the default isolation level of the database does not occur', async () => {
    const name = new URL(url).pathname.slice(1);
    await postgresql.query(url, `alter database "${name}" set default_transaction_isolation = 'serializable'`);
    const own = await openDatabase({ kind: 'postgresql', url });
    try {
      const isolation = await own.transaction(async ({ sql: db }) => {
        const { rows } = await sql<{ is: string }>`select current_setting('transaction_isolation') as is`.execute(db);
        return rows[0]?.is;
      });
      expect(isolation).to.equal('read committed');
    } finally {
      await own.close();
      await postgresql.query(url, `alter database "${name}" reset default_transaction_isolation`);
    }
  });
});

describe('An error of SQLite', () => {
  let folder: string;
  let count = 0;
  before(() => {
    folder = makeTemporaryFolder('sqlite-errors');
  });
  after(() => removeTemporaryFolder(folder));

  const fresh = () => {
    count += 1;
    return join(folder, `${count}.sqlite`);
  };
  async function withDatabase<T>(work: (database: Database, path: string) => Promise<T>): Promise<T> {
    const path = fresh();
    const database = await openDatabase({ kind: 'sqlite', path });
    try {
      await sql`create table things (a integer primary key, word text)`.execute(database.sql);
      return await work(database, path);
    } finally {
      await database.close();
    }
  }
  const insertMuch = sql`insert into things (word) select hex(zeroblob(100000))`;
  const withPragma = (pragma: string, statement: RawBuilder<unknown>) => () =>
    withDatabase(async (database) => {
      await sql.raw(`pragma ${pragma}`).execute(database.sql);
      return failure(database.transaction(({ sql: db }) => statement.execute(db)));
    });

  const REAL: Record<string, readonly [code: string, () => Promise<Error>]> = {
    'a full disk': ['SQLITE_FULL', withPragma('max_page_count = 1', insertMuch)],
    'a file that may not be written': ['SQLITE_READONLY', withPragma('query_only = on', insertMuch)],
    'a file that is no database': [
      'SQLITE_NOTADB',
      () => {
        const path = fresh();
        writeFileSync(path, 'This is no database, but a text that is long enough to be taken for one.'.repeat(100));
        return failure(openDatabase({ kind: 'sqlite', path }));
      },
    ],
  };
  for (const [what, [code, cause]] of Object.entries(REAL)) {
    it(`because of ${what} is reported with its code, and is database_unavailable for clients`, async () => {
      const error = await cause();
      expect(databaseFault(error)).to.include({ code, answer: 'database_unavailable' });
      expect(databaseFault(error)?.next).to.match(/^[A-Z].*\.$/);
    });
  }

  it('that ends the transaction prevents the commit of later statements', () =>
    withDatabase(async (database) => {
      const write = (word: string) => sql`insert into things (word) values (${word})`;
      const error = await failure(
        database.transaction(async ({ sql: db }) => {
          await write('before').execute(db);
          await sql.raw('pragma max_page_count = 1').execute(db);
          await insertMuch.execute(db).catch(() => undefined);
          await sql.raw('rollback').execute(db); // as some errors do
          await write('after').execute(db);
        }),
      );
      expect(databaseFault(error)?.code).to.equal('SQLITE_FULL');
      expect((await sql`select * from things`.execute(database.sql)).rows).to.deep.equal([]);
    }));
});

describe('The log of database errors', () => {
  it('has one line when a condition begins, with code and next step, and one when it ends', async () => {
    const lines: Record<string, unknown>[] = [];
    const log = (fields: object) => void lines.push({ ...fields });
    const conditions = new Conditions({ info: log, warn: log, error: log } as never);
    const health = new DatabaseHealth(conditions, { checkEveryMs: 20, quietAfterMs: 100 });
    let works = false;
    health.checkBy(() => (works ? Promise.resolve() : Promise.reject(new Error('not yet'))));
    for (let call = 0; call < 3; call += 1) {
      expect(health.failed(Object.assign(new Error(''), { code: '53100' }))).to.equal(true);
      expect(health.failed(Object.assign(new Error(''), { code: '55P03' }))).to.equal(true);
      expect(health.failed(new Error('an internal error'))).to.equal(false);
    }
    await until('the conflicts are over', () => !conditions.has('database_conflicts'));
    expect(conditions.lasting).to.deep.equal(['database_unavailable']);
    works = true;
    await until('all is over', () => conditions.lasting.length === 0);
    expect(lines.map(({ condition, state }) => `${condition} ${state}`)).to.deep.equal([
      'database_unavailable begun',
      'database_conflicts begun',
      'database_conflicts over',
      'database_unavailable over',
    ]);
    expect(lines[0]).to.include({ code: '53100', next: 'Free space on it. Nothing else is needed.' });
    health.close();
  });
});
