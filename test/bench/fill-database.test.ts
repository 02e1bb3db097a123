import { expect } from 'chai';
import { sql } from 'kysely';
import { fillConversations, fillUsers } from '../../bench/servers/fill-database.ts';
import { readConfig } from '../../src/config/config.ts';
import { unreadCount } from '../../src/conversations/unread.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { migratedEnvironment, onEachDatabase } from '../support/app.ts';

onEachDatabase('The conversations that the bench inserts', (kind) => {
  it('have consistent counters: unread_count and last_seq equal a recount', async () => {
    const { env, remove } = await migratedEnvironment(kind);
    const database = await openDatabase(readConfig(env).database);
    try {
      await fillUsers(database, 20);
      await fillConversations(database, { first: 1, count: 2, firstUser: 1, members: 3, messages: 250 });
      await fillConversations(database, { first: 3, count: 3, firstUser: 2, members: 5, messages: 10 });
      await fillConversations(database, { first: 6, count: 10, firstUser: 11, members: 2, messages: 1 });
      const { rows } = await sql<Record<string, number>>`
        select p.user_id as "userId", ${unreadCount} as unread, c.last_seq as "lastSeq", c.message_count as "messageCount",
          (select count(*) from messages m where m.conversation_id = c.id and m.sender_id <> p.user_id
            and m.deleted_at is null and m.seq > p.read_seq) as "recountedUnread",
          (select max(m.changed_seq) from messages m where m.conversation_id = c.id) as "recountedSeq",
          (select count(*) from messages m where m.conversation_id = c.id) as "recountedMessages",
          (select count(distinct m.changed_seq) from messages m where m.conversation_id = c.id) as changes
        from participants p join conversations c on c.id = p.conversation_id`.execute(database.sql);
      expect(rows).to.have.length(2 * 3 + 3 * 5 + 10 * 2);
      expect(rows.some(({ unread }) => unread === 165)).to.equal(true); // two thirds of 250, minus the deleted
      for (const { unread, lastSeq, messageCount, recountedUnread, recountedSeq, recountedMessages, changes } of rows) {
        expect([unread, lastSeq, messageCount]).to.deep.equal([recountedUnread, recountedSeq, recountedMessages]);
        expect(changes).to.equal(messageCount);
      }
    } finally {
      await database.close();
      await remove();
    }
  });
});
