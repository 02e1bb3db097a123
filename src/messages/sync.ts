import { sql } from 'kysely';
import { boolean, mixed, object } from 'yup';
import { type StoredSummary, selectSummaries, summariesOf } from '../conversations/summary.ts';
import { unreadCount } from '../conversations/unread.ts';
import type { Sql } from '../database.ts';
import { ChatError } from '../errors.ts';
import { wholeNumber } from '../inputs.ts';
import { operation } from '../operation.ts';
import { type Changes, catchUp } from './catch-up.ts';
import { confirm } from './delivered.ts';
import { type ReadState, readStates } from './read-states.ts';

/** How many changed messages an answer holds at most, in all its conversations together. */
const PAGE = 500;
/** How many conversations that are new to the client an answer holds at most. */
const NEW_CONVERSATIONS = 50;
const MOST_KNOWN = 20_000;
const CONVERSATIONS_PER_COST = 50;

type Known = ReadonlyMap<number, number>;

const lastSeen = mixed<Record<string, number>>()
  .test('object', 'has to be an object of conversation ids and the last seq seen of each', isMapOfSeqs)
  .default(undefined)
  .meta({
    description: 'The conversations that you know, each with the last number that you have seen of it.',
    example: { 100: 1 },
    type: 'object',
    propertyNames: { pattern: '^[1-9]\\d{0,15}$' },
    additionalProperties: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
    maxProperties: MOST_KNOWN,
  });

type Synced = { conversations: Record<string, object>; new_conversations: { conversation_id: number }[] };

/**
 * What a client has missed: per conversation what changed after the last number it saw, the conversations that are new
 * to it, and those it is no longer in. A page at a time: while `has_more`, ask again with the numbers of the answer.
 */
export const sync = operation({
  reads: {
    conversations: ({ conversations, new_conversations }: Synced) => [
      ...Object.keys(conversations).map(Number),
      ...new_conversations.map(({ conversation_id }) => conversation_id),
    ],
    // nothing is said of those, and the next answer tells how they stand
    without: ({ conversations, new_conversations, ...rest }: Synced, left) => ({
      ...rest,
      conversations: Object.fromEntries(Object.entries(conversations).filter(([id]) => !left.has(Number(id)))),
      new_conversations: new_conversations.filter(({ conversation_id }) => !left.has(conversation_id)),
      has_more: true,
    }),
  },
  input: object({
    conversations: lastSeen,
    limit: wholeNumber(1).meta({ description: `At most so many messages; more than ${PAGE} is cut.` }),
    only_named: boolean().meta({ description: 'Tell of the named conversations alone, not of new ones.' }),
  }),
  canWait: true,
  cost: ({ conversations = {} }) => 2 + Math.floor(Object.keys(conversations).length / CONVERSATIONS_PER_COST),
  async run({ conversations = {}, limit = PAGE, only_named: onlyNamed = false }, { userId }, context) {
    const db = context.database.sql;
    const known: Known = new Map(Object.entries(conversations).map(([id, seq]) => [Number(id), seq]));
    const current = await currentSeqs(db, userId);
    const unknown = onlyNamed ? [] : [...current.keys()].filter((id) => !known.has(id));
    const added = unknown.slice(0, NEW_CONVERSATIONS);
    const ids = [...[...known.keys()].filter((id) => current.has(id)), ...added];
    const catching = ids.map((id) => ({ id, since: known.get(id) ?? 0, last: current.get(id) ?? 0 }));
    const caught = await catchUp(db, userId, catching, Math.min(limit, PAGE));
    const summaries = await findBrief(db, userId, ids);
    const states = await readStates(db, userId, new Map([...summaries].map(([id, { lastSeq }]) => [id, lastSeq])));
    // who is removed between the two is told nothing of it
    for (const id of summaries.keys()) if (!states.has(id)) summaries.delete(id);
    const fresh = await findSummaries(db, userId, added);
    const shown = await summariesOf(fresh, userId, context.presence);
    // where the caller has been removed meanwhile there is no summary any more, and nothing may be told; after the last
    // of the waiting, or the answer would come after the removal has been acknowledged
    await Promise.all(caught.map(({ id, seq }) => confirmed(id, seq)));
    const told = caught.filter(({ id }) => summaries.has(id));
    return {
      conversations: Object.fromEntries(
        told.map(({ id, changes }) => [id, stateOf(changes, summaries.get(id) as Brief, states.get(id) as ReadState)]),
      ),
      new_conversations: shown.filter(({ conversation_id }) => summaries.has(conversation_id)),
      removed_conversations: [...known.keys()].filter((id) => !current.has(id) || !summaries.has(id)),
      has_more: unknown.length > added.length || told.some(({ changes }) => changes.has_more),
    };

    async function confirmed(conversationId: number, seq: number) {
      if (seq <= (summaries.get(conversationId)?.deliveredSeq ?? seq)) return;
      await confirm(context, { userId, conversationId, seq }).catch((error: unknown) => {
        if (!(error instanceof ChatError && error.code === 'not_participant')) throw error;
        summaries.delete(conversationId);
      });
    }
  },
});

/** A new name comes with the change that it was; of several the last is what counts. */
function named(changes: Changes, name: string | null | undefined) {
  const updates = changes.updates.map((each) => (each.content === 'renamed' ? { ...each, name: name ?? '' } : each));
  return { ...changes, updates };
}

function isMapOfSeqs(value: unknown): boolean {
  if (value === undefined) return true;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length <= MOST_KNOWN &&
    entries.every(([id, seq]) => /^[1-9]\d{0,15}$/.test(id) && Number.isSafeInteger(seq) && seq >= 0)
  );
}

async function currentSeqs(db: Sql, userId: number): Promise<Map<number, number>> {
  const { rows } = await sql<{ id: number; lastSeq: number }>`
    select c.id, c.last_seq as "lastSeq" from participants p join conversations c on c.id = p.conversation_id
    where p.user_id = ${userId} order by c.activity_at desc, c.id desc`.execute(db);
  return new Map(rows.map(({ id, lastSeq }) => [id, lastSeq]));
}

/** What is told of a conversation that the client knows. */
type Brief = Pick<StoredSummary, 'id' | 'name' | 'lastSeq' | 'deliveredSeq' | 'unread'>;

async function findBrief(db: Sql, userId: number, ids: readonly number[]): Promise<Map<number, Brief>> {
  if (ids.length === 0) return new Map();
  const { rows } = await sql<Brief>`
    select c.id, c.name, c.last_seq as "lastSeq", p.delivered_seq as "deliveredSeq", ${unreadCount} as unread
    from participants p join conversations c on c.id = p.conversation_id
    where p.user_id = ${userId} and p.conversation_id in (${sql.join(ids)})`.execute(db);
  return new Map(rows.map((row) => [row.id, row]));
}

/** All that a list shows of conversations, in their order. */
async function findSummaries(db: Sql, userId: number, ids: readonly number[]): Promise<StoredSummary[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<StoredSummary>`
    ${selectSummaries} where p.user_id = ${userId} and c.id in (${sql.join(ids)})`.execute(db);
  const found = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => found.get(id) ?? []);
}

/** The read state is as it is now: it has no numbers of its own, so it is told of conversations without changes, too. */
const stateOf = (changes: Changes, { name, lastSeq, unread }: Brief, state: ReadState) => ({
  ...named(changes, name),
  last_seq: lastSeq,
  unread_count: unread,
  ...state,
});
