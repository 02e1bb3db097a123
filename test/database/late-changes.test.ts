import { expect } from 'chai';
import { sql } from 'kysely';
import { readConfig } from '../../src/config/config.ts';
import type { Database } from '../../src/database/database.ts';
import { ChatError } from '../../src/operation/errors.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import type { Change } from '../../src/writer/change.ts';
import { GroupCommit } from '../../src/writer/group-commit.ts';
import { freshEnvironment, onEachDatabase } from '../support/app.ts';

const COMMIT_WITHIN_MS = 1_000;

onEachDatabase('A change whose caller has been refused on timeout', (kind) => {
  let database: Database;
  let writer: GroupCommit;
  let remove: () => Promise<void>;
  before(async function () {
    this.timeout(120_000);
    const environment = await freshEnvironment(kind);
    database = await openDatabase(readConfig(environment.env).database);
    remove = environment.remove;
    await sql`create table notes (id integer, text varchar(20))`.execute(database.sql);
    const limits = { commitWithinMs: COMMIT_WITHIN_MS, lockWithinMs: 100, busyAfterMs: 300, stuckAfterMs: 200 };
    writer = new GroupCommit(database, () => undefined, { committed: () => undefined }, { limits });
  });
  after(async () => {
    await database?.close();
    await remove?.();
  });
  beforeEach(() => sql`delete from notes`.execute(database.sql));

  /** Writes a note, and waits in its transaction for the given time. */
  const noting: Change<{ text: string; waits?: Promise<unknown> }, string, string> = {
    async run(batch, items) {
      for (const { text, waits } of items) {
        await sql`insert into notes values (1, ${text})`.execute(batch.sql);
        await waits;
      }
      return items.map(({ text }) => text);
    },
    present: (text: string) => ({ answer: text }),
  };
  const note = (text: string, waits?: Promise<unknown>, startedAt?: number) =>
    writer
      .submit(noting, { text, ...(waits && { waits }) }, { ...(startedAt !== undefined && { startedAt }) })
      .catch((error: unknown) => (error instanceof ChatError ? error.code : String(error)));
  const notes = async () =>
    (await sql<{ text: string }>`select text from notes`.execute(database.sql)).rows.map(({ text }) => text);

  it('is discarded before its batch begins, and those after it are committed', async () => {
    const { promise: waiting, resolve: goOn } = Promise.withResolvers<void>();
    const slow = note('slow', waiting);
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const late = note('late');
    await new Promise((resolve) => setTimeout(resolve, COMMIT_WITHIN_MS / 2));
    expect(writer.isStuck, 'need a batch in progress').to.equal(true);
    const inTime = note('in time');
    await new Promise((resolve) => setTimeout(resolve, COMMIT_WITHIN_MS / 2 + 20));
    goOn();
    expect(await late).to.equal('database_unavailable');
    expect(await slow, 'its time was over before it could be committed').to.equal('database_unavailable');
    expect(await inTime).to.equal('in time');
    expect(await notes()).to.deep.equal(['in time']);
    expect(writer.isStuck).to.equal(false);
  });

  it('is timed from the arrival of the call', async () => {
    expect(await note('long ago', undefined, performance.now() - COMMIT_WITHIN_MS - 1)).to.equal(
      'database_unavailable',
    );
    expect(await note('just now', undefined, performance.now())).to.equal('just now');
    expect(await notes()).to.deep.equal(['just now']);
  });
});
