import { join } from 'node:path';
import { expect } from 'chai';
import { sql } from 'kysely';
import { Database } from '../../src/database.ts';
import { isLocked } from '../../src/sqlite-locking.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';

describe('A transaction on a SQLite file that others write to', () => {
  let folder: string;
  let one: Database;
  let other: Database;
  beforeEach(async () => {
    folder = makeTemporaryFolder('locking');
    const config = { kind: 'sqlite', path: join(folder, 'mmchat.sqlite') } as const;
    [one, other] = [await Database.open(config), await Database.open(config)];
    await sql`pragma busy_timeout = 0`.execute(other.sql); // both are in this process: neither may wait for the other
  });
  afterEach(async () => {
    await Promise.all([one.close(), other.close()]);
    removeTemporaryFolder(folder);
  });

  const write = (database: Pick<Database, 'sql'>) => sql`update users set last_seen = last_seen`.execute(database.sql);
  const refusal = (work: Promise<unknown>) => work.then(() => undefined, isLocked);

  it('has the lock from its beginning, so that what it read is still true when it writes', async () => {
    await one.transaction(async (transaction) => {
      await sql`select id from users`.execute(transaction.sql);
      expect(await refusal(write(other)), 'another may not write meanwhile').to.equal(true);
      await write(transaction);
    });
    await write(other);
  });

  it('is refused when it cannot have the lock, and the next one is not', async () => {
    await one.transaction(async () => {
      expect(await refusal(other.transaction((transaction) => write(transaction)))).to.equal(true);
    });
    await other.transaction((transaction) => write(transaction));
  });
});
