import { setImmediate as nextRound } from 'node:timers/promises';
import { sql } from 'kysely';
import { isParticipant } from '../conversations/participation.ts';
import { updateOf } from '../conversations/system-messages.ts';
import type { Sql } from '../database.ts';
import { limit } from '../prepared-statements.ts';
import type { MessageRow } from '../protocol.ts';
import { messageRow, type StoredMessage, selectMessages } from './message-rows.ts';
import { receiptsFor, statusOf } from './receipts.ts';
import { standingsOf } from './standing.ts';

/** A longer gap is not replayed: the client starts anew from the newest messages. */
const LONGEST_REPLAY = 2_000;
const MESSAGES_AFTER_RESET = 50;
/** Of so many conversations that changed an answer tells the changes, at most. */
const MOST_CHANGED = 100;
/** After so many, others get their turn: SQLite answers at once, so that nothing else would run until all are read. */
const TOGETHER = 20;

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

/** What was found of a conversation; nothing, and `more`, where the answer has no room for it any more. */
type Found = { each: Catching; reset: boolean; rows: StoredMessage[]; more: boolean };

/**
 * What changed in each conversation after a number: one indexed read a conversation that changed, none for the others. Of
 * so many messages, or conversations, the rest is left for the next answer.
 */
export async function catchUp(db: Sql, userId: number, catching: readonly Catching[], most: number): Promise<Caught[]> {
  const found: Found[] = [];
  let [left, changed] = [most, 0];
  for (const each of catching) {
    if (each.since === each.last) found.push({ each, reset: false, rows: [], more: false });
    else if (left <= 0 || changed >= MOST_CHANGED) found.push({ each, reset: false, rows: [], more: true });
    else {
      const one = await find(db, userId, each, left);
      left -= one.rows.length;
      changed += 1;
      if (changed % TOGETHER === 0) await nextRound();
      found.push(one);
    }
  }
  const rows = await messageRows(db, userId, found);
  return found.map((one, index) => caughtOf(one, rows[index] ?? []));
}

async function find(db: Sql, userId: number, each: Catching, most: number): Promise<Found> {
  const reset = each.since > each.last || each.last - each.since > LONGEST_REPLAY;
  const wanted = reset ? MESSAGES_AFTER_RESET : most;
  const rows = await findChanges(db, userId, each, reset, wanted);
  return { each, reset, rows: rows.slice(0, wanted), more: !reset && rows.length > wanted };
}

function caughtOf({ each, reset, rows, more }: Found, messages: MessageRow[]): Caught {
  const seq = more
    ? (rows.at(-1)?.changedSeq ?? each.since)
    : rows.reduce((highest, { changedSeq }) => Math.max(highest, changedSeq), each.last);
  return { id: each.id, seq, changes: { seq, has_more: more, reset, messages, updates: rows.flatMap(updatesOf) } };
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
      ${selectMessages} where m.conversation_id = ${id} and ${isParticipant(userId, id)}
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
    ${selectMessages} where m.id in (select id from changed) and ${isParticipant(userId, id)}`.execute(db);
  return rows.sort((a, b) => a.changedSeq - b.changedSeq).slice(0, wanted + 1);
}

/** The messages of each conversation with their states for a user; none where the user has been removed meanwhile. */
async function messageRows(db: Sql, userId: number, found: readonly Found[]): Promise<MessageRow[][]> {
  const ids = found.filter(({ rows }) => rows.length > 0).map(({ each }) => each.id);
  const standings = await standingsOf(db, userId, ids);
  const all: MessageRow[][] = [];
  for (const { each, rows } of found) {
    const standing = standings.get(each.id);
    const receipts = standing && (await receiptsFor(db, standing, rows));
    all.push(receipts ? rows.map((row) => messageRow(row, statusOf(row, userId, receipts))) : []);
  }
  return all;
}

/** A membership or name change is kept as a system message; here it is told again as the live event that it was. */
function updatesOf(row: StoredMessage) {
  if (row.event === null) return [];
  return [updateOf(row.conversationId, row.seq, row.senderId, row.event, row.createdAt, row.subjectId ?? undefined)];
}
