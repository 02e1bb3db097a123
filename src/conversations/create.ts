import { sql } from 'kysely';
import { object } from 'yup';
import { existingUsers } from '../accounts/find-users.ts';
import type { Queries } from '../database.ts';
import { EachRow } from '../each-row.ts';
import { type Effect, toUsers } from '../effects.ts';
import { ChatError } from '../errors.ts';
import { ids, required, requiredId, visibleName } from '../inputs.ts';
import { operation } from '../operation.ts';
import { dayOf } from '../time.ts';
import type { Batch, LockedConversation } from './batch.ts';
import { keepSolitude } from './missed.ts';
import { type Done, single } from './single.ts';
import { updateOf } from './system-messages.ts';

const NAME_CHARACTERS = 100;
/** A larger group would make one message, or one reading of the members, cost more than a node can bear. */
export const MOST_MEMBERS = 5_000;
const MEMBERS_PER_COST = 10;
/** So many of the unknown ones are named. */
const MOST_NAMED = 100;

type Creation = { creatorId: number; memberIds: readonly number[]; name: string | null; privateKey: string | null };

export const groupName = (example = 'Study Group') =>
  visibleName(1, NAME_CHARACTERS).required(required).meta({ description: 'The name of the group.', example });

/** The private conversation with somebody, made if there is none yet. */
export const openPrivateConversation = operation({
  input: object({ other_user_id: requiredId('Somebody else.', 43) }),
  async run({ other_user_id: otherId }, { userId }, { changes }) {
    if (otherId === userId) throw new ChatError('own_conversation');
    const memberIds = [userId, otherId].sort((a, b) => a - b);
    return changes.submit(creating, { creatorId: userId, memberIds, name: null, privateKey: memberIds.join(':') });
  },
});

/** A group with its creator as admin, named among the members or not. */
export const createGroup = operation({
  input: object({
    name: groupName(),
    member_ids: ids(MOST_MEMBERS, 0).meta({
      description: 'Users; you are in it, named or not, and naming somebody twice changes nothing.',
      example: [43, 44],
    }),
  }),
  cost: ({ member_ids }) => 1 + Math.floor(member_ids.length / MEMBERS_PER_COST),
  async run({ name, member_ids }, { userId }, { changes }) {
    const memberIds = [...new Set([userId, ...member_ids])];
    if (memberIds.length > MOST_MEMBERS) throw tooMany();
    return changes.submit(creating, { creatorId: userId, memberIds, name, privateKey: null });
  },
});

const tooMany = () =>
  new ChatError('invalid_input', {
    fields: [{ field: 'member_ids', message: `has to name at most ${MOST_MEMBERS} members, you among them` }],
  });

const creating = single<Creation>(create);

async function create(batch: Batch, { creatorId, memberIds, name, privateKey }: Creation): Promise<Done> {
  const isGroup = privateKey === null;
  const unknown = await unknownOf(batch, memberIds);
  if (unknown.length > 0) throw isGroup ? unknownMembers(unknown) : new ChatError('unknown_user');
  const existing = privateKey === null ? undefined : await findPrivate(batch.sql, privateKey);
  const id = existing ?? (await insertConversation(batch, { isGroup, name, privateKey }));
  // undefined: another node was quicker with the same private conversation
  const answer = { conversation_id: id ?? (await findPrivate(batch.sql, privateKey ?? '')), is_group: isGroup };
  if (id === undefined || id === existing) return { answer };
  const members = memberIds.map((userId) => ({ userId, isAdmin: isGroup && userId === creatorId }));
  const empty = { lastSeq: 0, removalSeq: 0, messageCount: 0, activeBefore: batch.now };
  await insertParticipants(batch, id, members, empty);
  const payload = updateOf(id, 0, creatorId, 'new_conversation', batch.now);
  const effects: Effect[] = [
    { kind: 'join', conversationId: id, userIds: memberIds, seq: 0 },
    toUsers(memberIds, { type: 'conversation_update', payload }),
  ];
  return { answer, effects };
}

type Fresh = { isGroup: boolean; name: string | null; privateKey: string | null };

async function insertConversation(batch: Batch, { isGroup, name, privateKey }: Fresh): Promise<number | undefined> {
  const { rows } = await sql<{ id: number }>`
    insert into conversations (is_group, name, private_key, activity_at, created_at)
    values (${isGroup ? sql`true` : sql`false`}, ${name}, ${privateKey}, ${batch.now}, ${batch.now})
    on conflict do nothing returning id`.execute(batch.sql);
  return rows[0]?.id;
}

async function unknownOf(queries: Queries, userIds: readonly number[]): Promise<number[]> {
  const known = await existingUsers(queries, userIds);
  return userIds.filter((id) => !known.has(id));
}

function unknownMembers(ids: readonly number[]): ChatError {
  const more = ids.length > MOST_NAMED ? ` and ${ids.length - MOST_NAMED} more` : '';
  const message = `no such users: ${ids.slice(0, MOST_NAMED).join(', ')}${more}`;
  return new ChatError('unknown_member', { fields: [{ field: 'member_ids', message }] });
}

type Joined = Pick<LockedConversation, 'lastSeq' | 'removalSeq' | 'messageCount' | 'activeBefore'>;

/** Adds participants; what is there already counts as read and delivered for them, and its state does not change. */
export async function insertParticipants(
  batch: Batch,
  conversationId: number,
  members: readonly { userId: number; isAdmin: boolean }[],
  conversation: Joined,
): Promise<void> {
  const { lastSeq, messageCount, activeBefore } = conversation;
  if (lastSeq > 0) await keepSolitude(batch, conversationId, conversation);
  const rows = members.map(({ userId, isAdmin }) => [
    ...[conversationId, userId, isAdmin ? 1 : 0, batch.now],
    ...[lastSeq, messageCount, dayOf(activeBefore)],
  ]);
  await batch.run(insertParticipant, rows);
}

const insertParticipant = new EachRow(
  (row) => `
    insert into participants
      (conversation_id, user_id, is_admin, joined_at, read_seq, settled, delivered_seq, activity_day)
    select ${row.int(0)}, ${row.int(1)}, ${row.int(2)} = 1, ${row.int(3)}, ${row.int(4)}, ${row.int(5)}, ${row.int(4)}, ${row.int(6)}
    ${row.from}`,
);

async function findPrivate(db: Batch['sql'], privateKey: string): Promise<number | undefined> {
  const { rows } = await sql<{ id: number }>`select id from conversations where private_key = ${privateKey}`.execute(
    db,
  );
  return rows[0]?.id;
}
