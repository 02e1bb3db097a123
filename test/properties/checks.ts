import { expect } from 'chai';
import { sql } from 'kysely';
import type { Database } from '../../src/database/database.ts';
import type { World } from './world.ts';

const PAGE = 7;

/** Checks the unread count of every member against the model, and against a recount of the tables. */
export async function expectUnreadCounts(world: World, database: Database): Promise<void> {
  const recount = await recounted(world.model.conversationId, database);
  for (const userId of world.model.members.keys()) {
    const { unread_count } = await summaryFor(world, userId);
    const who = `unread of ${userId}`;
    expect(unread_count, `${who}, by the model`).to.equal(world.model.unread(userId));
    expect(unread_count, `${who}, by the tables`).to.equal(recount.get(userId));
  }
}

/** Checks that every member gets the whole history of the model, page by page, with numbers and statuses. */
export async function expectHistories(world: World): Promise<void> {
  for (const userId of world.model.members.keys()) {
    const { last_seq, name } = await summaryFor(world, userId);
    expect(name).to.equal(world.model.name);
    const listed = [];
    for (let page = []; listed.length === 0 || page.length === PAGE; listed.push(...page)) {
      const asked: object = { limit: PAGE, offset: listed.length };
      page = (await world.ask(world.client(userId, 0), 'list_messages', asked)).messages;
      if (page.length === 0) break;
      world.model.begin();
      world.model.listed(userId, page);
    }
    world.model.expectHistory(userId, listed, last_seq);
  }
}

async function summaryFor(world: World, userId: number) {
  const { conversations } = await world.ask(world.client(userId, 1), 'list_conversations', { limit: 20 });
  const { conversationId } = world.model;
  return conversations.find(({ conversation_id }: { conversation_id: number }) => conversation_id === conversationId);
}

/** Counts message by message, without counters. */
async function recounted(conversationId: number, database: Database): Promise<Map<number, number>> {
  const { rows } = await sql<{ userId: number; unread: number }>`
    select p.user_id as "userId", sum(case when m.id is null then 0 else 1 end) as unread
    from participants p left join messages m on m.conversation_id = p.conversation_id
      and m.sender_id <> p.user_id and m.event is null and m.deleted_at is null and m.seq > p.read_seq
      and not exists (select 1 from read_ranges r where r.conversation_id = m.conversation_id
        and r.user_id = p.user_id and m.seq between r.from_seq and r.to_seq)
    where p.conversation_id = ${conversationId} group by p.user_id`.execute(database.sql);
  return new Map(rows.map(({ userId, unread }) => [userId, Number(unread)]));
}
