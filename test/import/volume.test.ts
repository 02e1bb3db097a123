import { expect } from 'chai';
import { readConfig } from '../../src/config/config.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { expectTrue, rowsOf, unreadOf } from '../seed/recount.ts';
import { migratedEnvironment } from '../support/app.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import { requirePostgresql } from '../support/services.ts';
import { IS_SOAK } from '../support/soak.ts';
import { type GoRows, makeGoServer, runImportShared } from './go-server.ts';
import { volumeOf } from './volume.ts';

const [PEOPLE, MESSAGES] = IS_SOAK ? [100, 2_000] : [50, 1_000];
const CROWD = volumeOf({ people: PEOPLE, messages: MESSAGES });

/** The unread messages of a user by conversation, counted from the rows of the source. */
function unreadIn(
  { participants = [], messages = [], message_status = [] }: GoRows,
  userId: number,
): Map<number, number> {
  const read = new Set(
    message_status.flatMap((row) => (row.user_id === userId && row.status === 'read' ? [row.message_id] : [])),
  );
  const mine = participants.filter((row) => row.user_id === userId).map((row) => Number(row.conversation_id));
  return new Map(
    mine.map((id) => [
      id,
      messages.filter(
        (row) =>
          row.conversation_id === id && row.sender_id !== userId && row.is_deleted === false && !read.has(row.id ?? 0),
      ).length,
    ]),
  );
}

for (const [from, to] of [
  ['sqlite', 'postgresql'],
  ['postgresql', 'sqlite'],
] as const)
  describe(`A crowd that moves from ${from} to ${to}`, () => {
    before(async function () {
      this.timeout(30_000);
      await requirePostgresql(this);
    });

    it('has all messages, and the unread counts of the source', async () => {
      const folder = makeTemporaryFolder('import');
      const go = await makeGoServer(from);
      const fresh = await migratedEnvironment(to);
      try {
        await go.insert(CROWD);
        const { code, stderr } = await runImportShared(folder, fresh.env.DATABASE_URL, '--from', go.url);
        expect(code, stderr).to.equal(0);
        const database = await openDatabase(readConfig(fresh.env).database);
        const rows = await rowsOf(database);
        await database.close();
        expectTrue(rows);
        expect(rows.messages).to.have.length(MESSAGES);
        expect(rows.ranges.length, 'some read out of order').to.be.above(MESSAGES / 20);
        for (let user = 1; user <= PEOPLE; user += 1)
          expect([...unreadOf(rows, user)], `user ${user}`).to.deep.equal(
            [...unreadIn(CROWD, user)].sort(([one], [other]) => one - other),
          );
      } finally {
        await fresh.remove();
        await go.remove();
        removeTemporaryFolder(folder);
      }
    }).timeout(120_000);
  });
