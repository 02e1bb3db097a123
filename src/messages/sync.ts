import { sql } from 'kysely';
import { boolean, mixed } from 'yup';
import { conversationField, epochField } from '../conversations/result-fields.ts';
import { type StoredSummary, selectSummaries, summariesOf } from '../conversations/summary.ts';
import { unreadCount } from '../conversations/unread.ts';
import type { Queries } from '../database/queries.ts';
import { eventPayload, MESSAGE } from '../delivery/event-fields.ts';
import { ChatError } from '../operation/errors.ts';
import * as field from '../operation/fields.ts';
import { text, wholeNumber, withChecks } from '../operation/inputs.ts';
import { query } from '../operation/operation.ts';
import type { SyncedConversation } from '../protocol.ts';
import { confirmIfPossible } from './delivered.ts';
import { type Changes, findSyncChanges } from './sync-changes.ts';
import { findSyncReadStates, type SyncReadState } from './sync-read-state.ts';

/** The maximum number of changed messages in an answer, over all conversations. */
const PAGE = 500;
/** The maximum number of conversations in an answer that are new to the client. */
const NEW_CONVERSATIONS = 50;
const MAX_KNOWN = 20_000;
const MAX_EPOCH_CHARACTERS = 64;
const CONVERSATIONS_PER_COST = 50;

type Known = ReadonlyMap<number, number>;

const lastSeen = withChecks(mixed<Record<string, number>>(), {
  object: ['has to be an object of conversation ids and the last seq seen of each', isMapOfSeqs],
})
  .default(undefined)
  .meta({
    description: 'The conversations that you know, each with the last number that you have received of it.',
    example: { 100: 1 },
    type: 'object',
    propertyNames: { pattern: '^[1-9]\\d{0,15}$' },
    additionalProperties: { type: 'integer', format: 'int64', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
    maxProperties: MAX_KNOWN,
  });

const changesField = field.group<SyncedConversation>(
  'SyncedConversation',
  {
    seq: field.whole('The number that this answer leads to: send it with the next `sync`.', 17),
    has_more: field.flag('Whether there is more of this conversation: call `sync` again at once.', false),
    reset: field.flag(
      'Whether to drop your messages and continue from `seq`, because the gap is too long or a backup was restored. `messages` are the newest ones.',
      false,
    ),
    messages: field.list(MESSAGE, 'The new and changed messages, in their current state.'),
    updates: field.list(
      eventPayload('conversation_update'),
      'The changes of members and name, as in the live events.',
      [],
    ),
    last_seq: field.whole('The number of the conversation’s newest change.', 17),
    unread_count: field.whole('The number of messages of others that you have not read.', 2),
    read: field.spans(
      'The ranges of numbers that you have read; of ranges read out of order, only those in the newest 500 numbers.',
      [[0, 15]],
    ),
    others_read: field.spans('The numbers that all others who were there at the time have read, likewise.', [[0, 17]]),
    others_delivered: field.spans('The numbers that all of them have confirmed, likewise.', [[0, 17]]),
    others_delivered_seq: field.whole('Up to this number all current others have confirmed.', 17),
  },
  'The changes of a conversation.',
);

/**
 * The changes since a client's last answer: per conversation the changes after the client's last number, the conversations
 * that are new to the client, and those that the user is no longer in. An answer is a page: while `has_more`, the client
 * calls again with the numbers of the answer.
 */
export const sync = query('sync', {
  http: ['GET /api/sync', 'POST /api/sync'],
  operationId: 'syncConversations',
  summary: 'Get what you have missed',
  details:
    'Over HTTP by `POST` with a body, or by `GET` with a query, in which `conversations` is written as JSON and an unknown parameter is refused. A page at a time: while `has_more`, call it again with the numbers and the `epoch` of the answer. Live events that arrive meanwhile are not lost between the two. With an `epoch` that has ended, because a backup was restored, all conversations that you name are a `reset`.',
  reads: {
    conversations: ({ conversations, new_conversations }) => [
      ...Object.keys(conversations).map(Number),
      ...new_conversations.map(({ conversation_id }) => conversation_id),
    ],
    // the next answer contains their state
    omit: ({ conversations, new_conversations, ...rest }, removed) => ({
      ...rest,
      conversations: Object.fromEntries(Object.entries(conversations).filter(([id]) => !removed.has(Number(id)))),
      new_conversations: new_conversations.filter(({ conversation_id }) => !removed.has(conversation_id)),
      has_more: true,
    }),
  },
  input: {
    conversations: lastSeen,
    limit: wholeNumber(1).meta({
      description: `The maximum number of messages, at most ${PAGE}.`,
      examples: [PAGE],
    }),
    only_named: boolean().meta({
      description: 'Only the named conversations, no new ones.',
      examples: [true],
    }),
    epoch: text(1, MAX_EPOCH_CHARACTERS).meta({
      description:
        'The `epoch` of the last answer. If it is another one now, a backup was restored: all named are reset.',
      examples: ['7d1a5e62-4b0c-4d53-9a63-0d5b1c3ce2a4'],
    }),
  },
  result: {
    conversations: field.perConversation(changesField, 'By the id of each conversation.'),
    new_conversations: field.list(conversationField, 'The conversations that you did not name.', []),
    removed_conversations: field.list(
      field.id('A conversation.', 102),
      'The conversations that you are no longer in.',
      [],
    ),
    has_more: field.flag('Whether there is more in any conversation.', false),
    epoch: epochField,
  },
  // some clients encode an object as `?354=0`: if that were ignored, the answer would be about other conversations
  strictQuery: true,
  canWait: true,
  cost: ({ conversations = {} }) => 2 + Math.floor(Object.keys(conversations).length / CONVERSATIONS_PER_COST),
  async run({ conversations = {}, limit = PAGE, only_named: onlyNamed = false, epoch }, caller, context) {
    const { userId } = caller;
    // read first: a newer epoch must not be returned with older data
    const currentEpoch = context.installation.epoch;
    const restored = epoch !== undefined && epoch !== currentEpoch;
    const db = context.database;
    const known: Known = new Map(Object.entries(conversations).map(([id, seq]) => [Number(id), seq]));
    const current = await currentSeqs(db, userId);
    const unknown = onlyNamed ? [] : [...current.keys()].filter((id) => !known.has(id));
    const added = unknown.slice(0, NEW_CONVERSATIONS);
    const ids = [...[...known.keys()].filter((id) => current.has(id)), ...added];
    const targets = ids.map((id) => ({
      id,
      since: known.get(id) ?? 0,
      last: current.get(id) ?? 0,
      restored: restored && known.has(id),
    }));
    const changed = await findSyncChanges(db, userId, targets, Math.min(limit, PAGE));
    const summaries = await findBrief(db, userId, ids);
    const states = await findSyncReadStates(
      db,
      userId,
      new Map([...summaries].map(([id, { lastSeq }]) => [id, lastSeq])),
    );
    // the user was removed between the two reads
    for (const id of summaries.keys()) if (!states.has(id)) summaries.delete(id);
    const fresh = await findSummaries(db, userId, added);
    const shown = await summariesOf(fresh, userId, context.presence);
    // deletes the summaries of conversations that the user has been removed from; nothing is awaited after this, so the
    // answer cannot contain a conversation whose removal has been acknowledged
    await Promise.all(changed.map(({ id, seq }) => confirmed(id, seq)));
    const visible = changed.filter(({ id }) => summaries.has(id));
    return {
      conversations: Object.fromEntries(
        visible.map(({ id, changes }) => [
          id,
          stateOf(changes, summaries.get(id) as Brief, states.get(id) as SyncReadState),
        ]),
      ),
      new_conversations: shown.filter(({ conversation_id }) => summaries.has(conversation_id)),
      removed_conversations: [...known.keys()].filter((id) => !current.has(id) || !summaries.has(id)),
      has_more: unknown.length > added.length || visible.some(({ changes }) => changes.has_more),
      epoch: currentEpoch,
    };

    async function confirmed(conversationId: number, seq: number) {
      if (seq <= (summaries.get(conversationId)?.deliveredSeq ?? seq)) return;
      await confirmIfPossible(context, caller, { conversation_id: conversationId, seq }).catch((error: unknown) => {
        if (!(error instanceof ChatError && error.code === 'not_participant')) throw error;
        summaries.delete(conversationId);
      });
    }
  },
});

/** Adds the current name to the `renamed` updates. */
function withCurrentName(changes: Changes, name: string | null | undefined) {
  const updates = changes.updates.map((each) => (each.content === 'renamed' ? { ...each, name: name ?? '' } : each));
  return { ...changes, updates };
}

function isMapOfSeqs(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length <= MAX_KNOWN &&
    entries.every(([id, seq]) => /^[1-9]\d{0,15}$/.test(id) && Number.isSafeInteger(seq) && seq >= 0)
  );
}

async function currentSeqs(db: Queries, userId: number): Promise<Map<number, number>> {
  const { rows } = await sql<{ id: number; lastSeq: number }>`
    select c.id, c.last_seq as "lastSeq" from participants p join conversations c on c.id = p.conversation_id
    where p.user_id = ${userId} order by c.activity_at desc, c.id desc`.execute(db.sql);
  return new Map(rows.map(({ id, lastSeq }) => [id, lastSeq]));
}

/** The current state of a conversation that the client knows. */
type Brief = Pick<StoredSummary, 'id' | 'name' | 'lastSeq' | 'deliveredSeq' | 'unread'>;

async function findBrief(db: Queries, userId: number, ids: readonly number[]): Promise<Map<number, Brief>> {
  if (ids.length === 0) return new Map();
  const { rows } = await sql<Brief>`
    select c.id, c.name, c.last_seq as "lastSeq", p.delivered_seq as "deliveredSeq", ${unreadCount} as unread
    from participants p join conversations c on c.id = p.conversation_id
    where p.user_id = ${userId} and p.conversation_id in (${sql.join(ids)})`.execute(db.sql);
  return new Map(rows.map((row) => [row.id, row]));
}

/** The full summaries of conversations, in the order of `ids`. */
async function findSummaries(db: Queries, userId: number, ids: readonly number[]): Promise<StoredSummary[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<StoredSummary>`
    ${selectSummaries} where p.user_id = ${userId} and c.id in (${sql.join(ids)})`.execute(db.sql);
  const found = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => found.get(id) ?? []);
}

/** The read state is the current one and comes with every conversation, because reading has no `seq` of its own. */
const stateOf = (changes: Changes, { name, lastSeq, unread }: Brief, state: SyncReadState) => ({
  ...withCurrentName(changes, name),
  last_seq: lastSeq,
  unread_count: unread,
  ...state,
});
