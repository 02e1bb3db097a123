import { sql } from 'kysely';
import { existingUsers } from '../accounts/find-users.ts';
import type { Queries } from '../database/queries.ts';
import { RowStatement } from '../database/statement.ts';
import { type Effect, toUsers } from '../delivery/effects.ts';
import { ChatError } from '../operation/errors.ts';
import * as field from '../operation/fields.ts';
import { ids, required, requiredId, visibleName } from '../operation/inputs.ts';
import { change } from '../operation/operation.ts';
import type { ResultOf } from '../protocol.ts';
import { dayOf } from '../time.ts';
import type { Batch, LockedConversation } from '../writer/batch.ts';
import type { ChangeResult } from '../writer/change.ts';
import { storeSoloSeqs } from './missed-blocks.ts';
import { storeParticipantCount } from './participant-count.ts';
import { conversationId, groupId } from './result-fields.ts';
import { conversationUpdate } from './system-messages.ts';

const NAME_CHARACTERS = 100;
/** Bounds the cost of one message and of reading the members. */
export const MAX_MEMBERS = 5_000;
const MEMBERS_PER_COST = 10;
/** The maximum number of unknown members in an error message. */
const MAX_REPORTED = 100;

type Creation = { creatorId: number; memberIds: readonly number[]; name: string | null; privateKey: string | null };

export const groupName = (example = 'Study Group') =>
  visibleName(1, NAME_CHARACTERS).required(required).meta({ description: 'The name of the group.', example });

/** Returns the private conversation with another user, and creates it if there is none. */
export const openPrivateConversation = change('open_private_conversation', {
  http: 'POST /api/conversations/private',
  summary: 'Get the private conversation with another user, or create it',
  details: 'Two users have one private conversation.',
  input: { other_user_id: requiredId('Another user.', 43) },
  result: { conversation_id: conversationId, is_group: field.flag('Always false.', false) },
  errors: ['own_conversation', 'unknown_user'],
  async run(batch, { other_user_id: otherId }, { userId }) {
    if (otherId === userId) throw new ChatError('own_conversation');
    const memberIds = [userId, otherId].sort((a, b) => a - b);
    return create(batch, { creatorId: userId, memberIds, name: null, privateKey: memberIds.join(':') });
  },
});

/** Creates a group with the caller as admin. */
export const createGroup = change('create_group', {
  http: 'POST /api/conversations/group',
  summary: 'Create a group, with you as its admin',
  details:
    'If some of the members do not exist, the error names them and no group is created. A group has at most 5,000 members.',
  input: {
    name: groupName(),
    member_ids: ids(MAX_MEMBERS, 0).meta({
      description: 'The other members. Your own id and duplicates are ignored.',
      example: [43, 44],
    }),
  },
  result: { conversation_id: groupId, is_group: field.flag('Always true.', true) },
  errors: ['unknown_member'],
  cost: ({ member_ids }) => 1 + Math.floor(member_ids.length / MEMBERS_PER_COST),
  async run(batch, { name, member_ids }, { userId }) {
    const memberIds = [...new Set([userId, ...member_ids])];
    if (memberIds.length > MAX_MEMBERS) throw tooMany();
    return create(batch, { creatorId: userId, memberIds, name, privateKey: null });
  },
});

const tooMany = () =>
  new ChatError('invalid_input', {
    fields: [{ field: 'member_ids', message: `has to name at most ${MAX_MEMBERS} members, you among them` }],
  });

async function create(
  batch: Batch,
  { creatorId, memberIds, name, privateKey }: Creation,
): Promise<ChangeResult<ResultOf<'create_group'>>> {
  const isGroup = privateKey === null;
  const unknown = await unknownOf(batch, memberIds);
  if (unknown.length > 0) throw isGroup ? unknownMembers(unknown) : new ChatError('unknown_user');
  const existing = privateKey === null ? undefined : await findPrivate(batch.sql, privateKey);
  const id = existing ?? (await insertConversation(batch, { isGroup, name, privateKey }));
  // undefined: another node created the same private conversation first
  const found = id ?? (await findPrivate(batch.sql, privateKey ?? ''));
  if (found === undefined) throw new Error('the private conversation was neither inserted nor found');
  const answer = { conversation_id: found, is_group: isGroup };
  if (id === undefined || id === existing) return { answer };
  const members = memberIds.map((userId) => ({ userId, isAdmin: isGroup && userId === creatorId }));
  const empty = { lastSeq: 0, removalSeq: 0, messageCount: 0, activeBefore: batch.now };
  await insertParticipants(batch, id, members, empty);
  const payload = conversationUpdate(id, 0, creatorId, 'new_conversation', batch.now);
  const effects: Effect[] = [
    { kind: 'join', conversationId: id, userIds: memberIds, seq: 0 },
    toUsers(memberIds, { type: 'conversation_update', payload }),
  ];
  return { answer, effects };
}

type NewConversation = { isGroup: boolean; name: string | null; privateKey: string | null };

async function insertConversation(
  batch: Batch,
  { isGroup, name, privateKey }: NewConversation,
): Promise<number | undefined> {
  const inserted = await batch.sql
    .insertInto('conversations')
    .values({
      is_group: sql.lit(isGroup), // better-sqlite3 takes no booleans as parameters
      name,
      private_key: privateKey,
      activity_at: batch.now,
      created_at: batch.now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  return inserted?.id;
}

async function unknownOf(queries: Queries, userIds: readonly number[]): Promise<number[]> {
  const known = await existingUsers(queries, userIds);
  return userIds.filter((id) => !known.has(id));
}

function unknownMembers(ids: readonly number[]): ChatError {
  const more = ids.length > MAX_REPORTED ? ` and ${ids.length - MAX_REPORTED} more` : '';
  const message = `no such users: ${ids.slice(0, MAX_REPORTED).join(', ')}${more}`;
  return new ChatError('unknown_member', { fields: [{ field: 'member_ids', message }] });
}

type JoinState = Pick<LockedConversation, 'lastSeq' | 'removalSeq' | 'messageCount' | 'activeBefore'>;

/** Adds participants. Earlier messages count as read and delivered for them; the statuses of those messages do not change. */
export async function insertParticipants(
  batch: Batch,
  conversationId: number,
  members: readonly { userId: number; isAdmin: boolean }[],
  conversation: JoinState,
): Promise<void> {
  const { lastSeq, messageCount, activeBefore } = conversation;
  if (lastSeq > 0) await storeSoloSeqs(batch, conversationId, conversation);
  const rows = members.map(({ userId, isAdmin }) => [
    ...[conversationId, userId, isAdmin ? 1 : 0, batch.now],
    ...[lastSeq, messageCount, dayOf(activeBefore)],
  ]);
  await batch.run(insertParticipant, rows);
  await storeParticipantCount(batch, conversationId);
}

const insertParticipant = new RowStatement(
  (row) => `
    insert into participants
      (conversation_id, user_id, is_admin, joined_at, read_seq, settled, delivered_seq, activity_day)
    select ${row.int(0)}, ${row.int(1)}, ${row.int(2)} = 1, ${row.int(3)}, ${row.int(4)}, ${row.int(5)}, ${row.int(4)}, ${row.int(6)}
    ${row.from}`,
);

async function findPrivate(db: Batch['sql'], privateKey: string): Promise<number | undefined> {
  const found = await db
    .selectFrom('conversations')
    .select('id')
    .where('private_key', '=', privateKey)
    .executeTakeFirst();
  return found?.id;
}
