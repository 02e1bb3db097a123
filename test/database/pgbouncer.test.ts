import { expect } from 'chai';
import { sql } from 'kysely';
import { openDatabase } from '../../src/server/open-database.ts';
import { startApp } from '../support/app.ts';
import { type PgBouncer, startPgbouncer } from '../support/pgbouncer.ts';
import type { PostgreSql } from '../support/postgresql.ts';
import { requirePostgresql, skip } from '../support/services.ts';
import { startErrorOf } from './opening.ts';

describe('Behind PgBouncer', function () {
  this.timeout(120_000);
  let postgresql: PostgreSql;
  let url: string;
  let pooler: PgBouncer | undefined;
  beforeEach(async function () {
    postgresql = await requirePostgresql(this);
    url = await postgresql.createDatabase();
  });
  afterEach(async () => {
    await pooler?.stop();
    pooler = undefined;
    await postgresql.dropDatabase(url);
  });

  it('a server starts twice and works, with session pooling', async function () {
    pooler = await startPgbouncer(postgresql.port, 'session');
    if (pooler === undefined) return skip(this, 'PgBouncer');
    const DATABASE_URL = pooler.through(url);
    for (const start of ['first', 'second']) {
      const app = await startApp('sqlite', { DATABASE_URL });
      try {
        const [alice, bob] = await app.people(`${start}_a`, `${start}_b`);
        const { conversation_id } = await alice.rest.ask('create_group', { name: start, member_ids: [bob.id] });
        const sent = Array.from({ length: 20 }, (_, n) =>
          alice.rest.ask('message', { conversation_id, content: `${n}` }),
        );
        for (const answer of await Promise.all(sent)) expect(answer).to.include({ ok: true });
      } finally {
        await app.stop();
      }
    }
    const database = await openDatabase({ kind: 'postgresql', url: DATABASE_URL });
    const { rows } = await sql`select current_setting('idle_in_transaction_session_timeout') as idle`.execute(
      database.sql,
    );
    expect(rows).to.deep.equal([{ idle: '5s' }]);
    await database.close();
  });

  it('a server does not start with transaction pooling, and reports why', async function () {
    pooler = await startPgbouncer(postgresql.port, 'transaction');
    if (pooler === undefined) return skip(this, 'PgBouncer');
    const error = await startErrorOf({ kind: 'postgresql', url: pooler.through(url) });
    expect(error)
      .to.match(/pools transactions.*pool_mode=session/)
      .and.not.include('\n');
  });
});
