import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { sql } from 'kysely';
import { isParticipant } from '../conversations/participation.ts';
import { conversationUpdate } from '../conversations/system-messages.ts';
import type { Queries } from '../database/queries.ts';
import { limit } from '../database/queries.ts';
import type { MessageRow } from '../protocol.ts';
import { presentMessage, type StoredMessage, selectMessages } from './message-presenter.ts';
import { findReadPositionsById } from './read-positions.ts';
import { receiptsFor, statusOf } from './receipts.ts';

/** A longer gap is not replayed: the client gets the newest messages instead (`reset`). */
const MAX_REPLAY = 2_000;
const MESSAGES_AFTER_RESET = 50;
/** The maximum number of conversations with changes in an answer. */
const MAX_CHANGED = 100;
/** SQLite reads are synchronous: without a pause, nothing else would run until all conversations are read. */
const READS_BETWEEN_YIELDS = 20;

/** @property restored the client's numbers are from before a backup was restored, and mean nothing now */
export type SyncTarget = { id: number; since: number; last: number; restored: boolean };
export type Changes = {
  /** The number to send with the next `sync`. */
  seq: number;
  has_more: boolean;
  /** The client has to drop its messages of this conversation: `messages` are the newest ones. */
  reset: boolean;
  messages: MessageRow[];
  updates: ReturnType<typeof conversationUpdate>[];
};
export type ConversationChanges = { id: number; seq: number; changes: Changes };

/** The changed rows of a conversation. With `more`, the answer has no room for all of them. */
type FoundChanges = { target: SyncTarget; reset: boolean; rows: StoredMessage[]; more: boolean };

/**
 * The changes of each conversation after a number: one indexed read per changed conversation, none for the others. Changes
 * beyond the limits of an answer are left for the next one.
 */
export async function findSyncChanges(
  db: Queries,
  userId: number,
  targets: readonly SyncTarget[],
  most: number,
): Promise<ConversationChanges[]> {
  const found: FoundChanges[] = [];
  let [left, changedCount] = [most, 0];
  const share = Math.floor(most / targets.filter(({ restored }) => restored).length);
  for (const target of targets) {
    if (target.since === target.last && !target.restored) found.push({ target, reset: false, rows: [], more: false });
    else if (left <= 0 || changedCount >= MAX_CHANGED) found.push(postponed(target));
    else {
      const one = await find(db, userId, target, target.restored ? Math.max(1, Math.min(share, left)) : left);
      left -= one.rows.length;
      changedCount += 1;
      if (changedCount % READS_BETWEEN_YIELDS === 0) await yieldToEventLoop();
      found.push(one);
    }
  }
  const rows = await presentMessages(db, userId, found);
  return found.map((one, index) => presentChanges(one, rows[index] ?? []));
}

/** Leaves the changes of a conversation for the next answer; after a restore that one begins at 0. */
const postponed = (target: SyncTarget): FoundChanges => ({
  target: target.restored ? { ...target, since: 0 } : target,
  reset: target.restored,
  rows: [],
  more: true,
});

async function find(db: Queries, userId: number, target: SyncTarget, most: number): Promise<FoundChanges> {
  const reset = target.restored || target.since > target.last || target.last - target.since > MAX_REPLAY;
  const wanted = reset ? Math.min(MESSAGES_AFTER_RESET, target.restored ? most : MESSAGES_AFTER_RESET) : most;
  const rows = await findChangedRows(db, userId, target, reset, wanted);
  return { target, reset, rows: rows.slice(0, wanted), more: !reset && rows.length > wanted };
}

function presentChanges({ target, reset, rows, more }: FoundChanges, messages: MessageRow[]): ConversationChanges {
  const seq = more
    ? (rows.at(-1)?.changedSeq ?? target.since)
    : rows.reduce((highest, { changedSeq }) => Math.max(highest, changedSeq), target.last);
  return {
    id: target.id,
    seq,
    changes: { seq, has_more: more, reset, messages, updates: rows.flatMap(replayedUpdates) },
  };
}

/**
 * The changed messages in order of their last change, one more than wanted if there are more. With `reset`, the newest
 * messages in order of their `seq`.
 */
async function findChangedRows(
  db: Queries,
  userId: number,
  { id, since }: SyncTarget,
  reset: boolean,
  wanted: number,
): Promise<StoredMessage[]> {
  if (reset) {
    const { rows } = await sql<StoredMessage>`
      ${selectMessages} where m.conversation_id = ${id} and ${isParticipant(userId, id)}
      order by m.seq desc ${limit(wanted)}`.execute(db.sql);
    return rows.reverse();
  }
  // unchanged and changed messages have separate indexes
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
    ${selectMessages} where m.id in (select id from changed) and ${isParticipant(userId, id)}`.execute(db.sql);
  return rows.sort((a, b) => a.changedSeq - b.changedSeq).slice(0, wanted + 1);
}

/** The messages of each conversation with their status for the user; none if the user has been removed meanwhile. */
async function presentMessages(db: Queries, userId: number, found: readonly FoundChanges[]): Promise<MessageRow[][]> {
  const ids = found.filter(({ rows }) => rows.length > 0).map(({ target }) => target.id);
  const positionsById = await findReadPositionsById(db, userId, ids);
  const all: MessageRow[][] = [];
  for (const { target, rows } of found) {
    const positions = positionsById.get(target.id);
    const receipts = positions && (await receiptsFor(db, positions, rows));
    all.push(receipts ? rows.map((row) => presentMessage(row, statusOf(row, userId, receipts))) : []);
  }
  return all;
}

/** Converts a system message back to the `conversation_update` that clients received live. */
function replayedUpdates(row: StoredMessage) {
  if (row.event === null) return [];
  return [
    conversationUpdate(row.conversationId, row.seq, row.senderId, row.event, row.createdAt, row.subjectId ?? undefined),
  ];
}
