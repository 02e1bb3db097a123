import { sql } from 'kysely';
import { updateOf } from '../conversations/system-messages.ts';
import type { Sql } from '../database.ts';
import { limit } from '../prepared-statements.ts';
import type { MessageRow } from '../protocol.ts';
import { isIn, messageRow, type StoredMessage, selectMessages } from './message-rows.ts';
import { readBy, receiptsOfOthers, statusOf } from './receipts.ts';

/** A longer gap is not replayed: the client starts anew from the newest messages. */
const LONGEST_REPLAY = 2_000;
const MESSAGES_AFTER_RESET = 50;

export type Catching = { id: number; since: number; last: number };
export type Changes = {
  /** Where this answer leads to: what to ask with next time. */
  seq: number;
  has_more: boolean;
  /** What the client has of this conversation is no base any more: `messages` are its newest ones. */
  reset: boolean;
  messages: MessageRow[];
  updates: ReturnType<typeof updateOf>[];
};
export type Caught = { id: number; seq: number; changes: Changes };

/** What changed in each conversation after a number: one indexed read a conversation that changed, none for the others. */
export async function catchUp(db: Sql, userId: number, catching: readonly Catching[], most: number): Promise<Caught[]> {
  const caught: { each: Catching; reset: boolean; rows: StoredMessage[]; more: boolean }[] = [];
  let left = most;
  for (const each of catching) {
    const reset = each.since > each.last || each.last - each.since > LONGEST_REPLAY;
    const wanted = reset ? MESSAGES_AFTER_RESET : Math.max(left, 0);
    const rows = each.since === each.last ? [] : await findChanges(db, userId, each, reset, wanted);
    left -= Math.min(rows.length, wanted);
    caught.push({ each, reset, rows: rows.slice(0, wanted), more: !reset && rows.length > wanted });
  }
  const statuses = await statusesOf(
    db,
    userId,
    caught.filter(({ rows }) => rows.length > 0).map(({ each }) => each.id),
  );
  return caught.map(({ each, reset, rows, more }) => {
    const seq = more
      ? (rows.at(-1)?.changedSeq ?? each.since)
      : Math.max(each.last, ...rows.map(({ changedSeq }) => changedSeq));
    const messages = rows.map((row) => messageRow(row, statuses(row)));
    return { id: each.id, seq, changes: { seq, has_more: more, reset, messages, updates: rows.flatMap(updatesOf) } };
  });
}

/** In the order of their last change; after a reset, the newest ones in their own order. One more than wanted, if there is. */
async function findChanges(
  db: Sql,
  userId: number,
  { id, since }: Catching,
  reset: boolean,
  wanted: number,
): Promise<StoredMessage[]> {
  if (reset) {
    const { rows } = await sql<StoredMessage>`
      ${selectMessages} where m.conversation_id = ${id} and ${isIn(userId, id)}
      order by m.seq desc ${limit(wanted)}`.execute(db);
    return rows.reverse();
  }
  // new ones, and older or newer ones that were changed: each kind in the order of an index of its own
  const { rows } = await sql<StoredMessage>`
    with changed as (
      select id from (
        select id from messages where conversation_id = ${id} and seq > ${since} and changed_seq = seq
        order by seq ${limit(wanted + 1)}
      ) as unchanged
      union all
      select id from (
        select id from messages where conversation_id = ${id} and changed_seq > ${since} and changed_seq > seq
        order by changed_seq ${limit(wanted + 1)}
      ) as changed_later
    )
    ${selectMessages} where m.id in (select id from changed) and ${isIn(userId, id)}`.execute(db);
  return rows.sort((a, b) => a.changedSeq - b.changedSeq).slice(0, wanted + 1);
}

async function statusesOf(
  db: Sql,
  userId: number,
  ids: readonly number[],
): Promise<(row: StoredMessage) => MessageRow['status']> {
  if (ids.length === 0) return () => 'sent';
  const { rows } = await sql<{ id: number; readSeq: number }>`
    select conversation_id as id, read_seq as "readSeq" from participants
    where user_id = ${userId} and conversation_id in (${sql.join(ids)})`.execute(db);
  const mine =
    rows.length === 0 ? new Map() : await readBy(db, userId, new Map(rows.map(({ id, readSeq }) => [id, readSeq])));
  const others = await receiptsOfOthers(db, userId, ids);
  return (row) =>
    statusOf(row, userId, { mine: mine.get(row.conversationId) ?? [], others: others.get(row.conversationId) });
}

/** A membership or name change is kept as a system message; here it is told again as the live event that it was. */
function updatesOf(row: StoredMessage) {
  if (row.event === null) return [];
  return [updateOf(row.conversationId, row.seq, row.senderId, row.event, row.createdAt, row.subjectId ?? undefined)];
}
