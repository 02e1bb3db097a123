import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MikroORM } from '@mikro-orm/core';
import { Migration } from '@mikro-orm/migrations';
import { expect } from 'chai';
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../../src/database/database.ts';
import * as migrations from '../../src/database/migrations/postgresql/index.ts';
import { listOf, type Migrator } from '../../src/database/migrator.ts';
import { ormOptions } from '../../src/database/options.ts';
import { Conditions } from '../../src/monitoring/conditions.ts';
import { ENTITIES } from '../../src/server/entities.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { startApp } from '../support/app.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import { requirePostgresql } from '../support/services.ts';

/** Longer than one attempt of a migration to lock a table. */
const SENDING_MS = 3_500;
/** Between two messages, so that the processor is not busy with them all the time. */
const PAUSE_MS = 20;

class Migration20990101000000_wider extends Migration {
  override up(): void {
    this.addSql('alter table messages add column wider int null');
  }
}

/** Conditions that record their lines, and emit an event for each. */
function listening() {
  const lines: Record<string, unknown>[] = [];
  const events = new EventEmitter();
  const keep = (line: unknown) => {
    lines.push(line as Record<string, unknown>); // the fields of a condition are an object
    events.emit('line');
  };
  return { lines, events, conditions: new Conditions({ info: keep, warn: keep, error: keep } as never) };
}

/** A transaction that holds the lock of a statement until it is released; on SQLite, that of the file. */
async function holdingTransaction(database: Database, statement?: RawBuilder<unknown>) {
  const held = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const holding = database.transaction(async ({ sql: db }) => {
    if (statement !== undefined) {
      await sql`set local idle_in_transaction_session_timeout = 0`.execute(db);
      await statement.execute(db);
    }
    held.resolve();
    await released.promise;
  });
  await held.promise;
  return { release: () => released.resolve(), holding };
}

/** Opens a locked database, and expects the lines that report the wait. */
async function expectToWait(
  config: Parameters<typeof Database.open>[0],
  cause: RegExp,
  release: () => unknown,
): Promise<void> {
  const { lines, events, conditions } = listening();
  const opening = openDatabase(config, { conditions, reportAfterMs: 300 });
  await Promise.race([once(events, 'line'), opening]);
  await release();
  await (await opening).close();
  expect(lines).to.have.length(2);
  expect(lines[0]).to.include({ condition: 'migration_waiting', state: 'begun' });
  expect(lines[0]?.cause).to.match(cause);
  expect(lines[0]?.next).to.be.a('string').and.not.equal('');
  expect(lines[1]).to.include({ condition: 'migration_waiting', state: 'over' });
}

describe('A start that has to wait', function () {
  this.timeout(120_000);

  it('for a node that migrates the same PostgreSQL database reports it, and when that has ended', async function () {
    const postgresql = await requirePostgresql(this);
    const url = await postgresql.createDatabase();
    const other = await openDatabase({ kind: 'postgresql', url });
    const { release, holding } = await holdingTransaction(other, sql`select pg_advisory_xact_lock(727001)`);
    await expectToWait({ kind: 'postgresql', url }, /^process \d+ of PostgreSQL \(mmchat\) is migrating$/, release);
    await holding;
    await other.close();
    await postgresql.dropDatabase(url);
  });

  it('for another process that has locked the SQLite file reports it, and when that has ended', async () => {
    const folder = makeTemporaryFolder('locked');
    const config = { kind: 'sqlite', path: join(folder, 'chat.sqlite') } as const;
    const other = await openDatabase(config);
    await other.orm.migrator.down();
    const { release, holding } = await holdingTransaction(other);
    await expectToWait(config, /^another process has locked the SQLite file$/, release);
    await holding;
    await other.close();
    removeTemporaryFolder(folder);
  });

  it('for a program that reads a table, such as a dump, does not block others', async function () {
    await requirePostgresql(this);
    const app = await startApp('postgresql');
    const url = app.env.DATABASE_URL ?? '';
    const dump = await openDatabase({ kind: 'postgresql', url: `${url}?application_name=pg_dump` });
    const options = ormOptions({ kind: 'postgresql', url }, ENTITIES, {
      silent: true,
      migrations: [
        ...listOf(migrations),
        { name: Migration20990101000000_wider.name, class: Migration20990101000000_wider },
      ],
    });
    const orm = await MikroORM.init(options);
    const reported: string[] = [];
    const watch = { begin: (cause: string) => reported.push(cause), end: () => reported.push('over') };
    (orm.migrator as Migrator).watch = { report: { begin: watch.begin, end: watch.end } as never, afterMs: 2_500 };
    try {
      const [alice, bob] = await app.people('alice', 'bob');
      const { conversation_id } = await alice.rest.ask('create_group', { name: 'all', member_ids: [bob.id] });
      const { release, holding } = await holdingTransaction(dump, sql`lock table messages in access share mode`);
      let isMigrated = false;
      const migrating = orm.migrator.up().then((ran) => {
        isMigrated = true;
        return ran;
      });
      const began = Date.now();
      let longest = 0;
      for (let n = 0; Date.now() - began < SENDING_MS; n += 1) {
        const sent = Date.now();
        expect(await alice.rest.ask('message', { conversation_id, content: `${n}` })).to.include({ ok: true });
        longest = Math.max(longest, Date.now() - sent);
        await delay(PAUSE_MS);
      }
      expect(isMigrated, 'the dump is still running').to.equal(false);
      expect(longest).to.be.below(SENDING_MS);
      release();
      await holding;
      expect(await migrating).to.have.length(1);
      expect(reported[0]).to.match(/^process \d+ of PostgreSQL \(pg_dump\) uses the table messages$/);
      expect(reported[1]).to.equal('over');
    } finally {
      await orm.close(true);
      await dump.close();
      await app.stop();
    }
  });
});
