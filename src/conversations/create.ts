import { sql } from 'kysely';
import { object } from 'yup';
import { findUsers } from '../accounts/find-users.ts';
import { type Effect, toUsers } from '../effects.ts';
import { ChatError } from '../errors.ts';
import { ids, required, requiredId, visibleText } from '../inputs.ts';
import { operation, type Result } from '../operation.ts';
import { dayOf } from '../time.ts';
import type { Batch, LockedConversation } from './batch.ts';
import type { Change, Outcome } from './group-commit.ts';
import { updateOf } from './system-messages.ts';

const NAME_CHARACTERS = 100;
const MOST_MEMBERS_AT_ONCE = 10_000;
/** Rows a statement, so that their parameters stay under what either database takes. */
const MOST_ROWS = 2_000;

type Creation = { creatorId: number; memberIds: readonly number[]; name: string | null; privateKey: string | null };

export const groupName = (example = 'Study Group') =>
  visibleText(1, NAME_CHARACTERS).required(required).meta({ description: 'The name of the group.', example });

/** The private conversation with somebody, made if there is none yet. */
export const openPrivateConversation = operation({
  input: object({ other_user_id: requiredId('Somebody else.', 43) }),
  async run({ other_user_id: otherId }, { userId }, { database, changes }) {
    if (otherId === userId) throw new ChatError('own_conversation');
    const [other] = await findUsers(database.sql, [otherId]);
    if (other === undefined) throw new ChatError('unknown_user');
    const memberIds = [userId, otherId].sort((a, b) => a - b);
    const privateKey = memberIds.join(':');
    const id = await findPrivate(database.sql, privateKey);
    if (id !== undefined) return { conversation_id: id, is_group: false };
    return changes.submit(creating, { creatorId: userId, memberIds, name: null, privateKey });
  },
});

/** A group with its creator as admin, named among the members or not. */
export const createGroup = operation({
  input: object({
    name: groupName(),
    member_ids: ids(MOST_MEMBERS_AT_ONCE, 0).meta({
      description: 'Users; you are in it, named or not, and naming somebody twice changes nothing.',
      example: [43, 44],
    }),
  }),
  async run({ name, member_ids }, { userId }, { database, changes }) {
    const memberIds = [...new Set([userId, ...member_ids])];
    const known = new Set((await findUsers(database.sql, memberIds)).map(({ id }) => id));
    const unknown = memberIds.filter((id) => !known.has(id));
    if (unknown.length > 0) {
      const fields = [{ field: 'member_ids', message: `no such users: ${unknown.join(', ')}` }];
      throw new ChatError('unknown_member', { fields });
    }
    return changes.submit(creating, { creatorId: userId, memberIds, name, privateKey: null });
  },
});

const creating: Change<Creation, Result> = {
  locks: () => [],
  async run(batch, items) {
    const outcomes: Outcome<Result>[] = [];
    for (const item of items) outcomes.push(await create(batch, item));
    return outcomes;
  },
};

async function create(batch: Batch, { creatorId, memberIds, name, privateKey }: Creation): Promise<Outcome<Result>> {
  const isGroup = privateKey === null;
  const { rows } = await sql<{ id: number }>`
    insert into conversations (is_group, name, private_key, activity_at, created_at)
    values (${isGroup ? sql`true` : sql`false`}, ${name}, ${privateKey}, ${batch.now}, ${batch.now})
    on conflict do nothing returning id`.execute(batch.sql);
  // nothing returned: somebody else was quicker with the same private conversation
  const id = rows[0]?.id ?? (await findPrivate(batch.sql, privateKey ?? ''));
  const answer = { conversation_id: id, is_group: isGroup };
  if (rows[0] === undefined) return { answer };
  const members = memberIds.map((userId) => ({ userId, isAdmin: isGroup && userId === creatorId }));
  await insertParticipants(batch, rows[0].id, members, { lastSeq: 0, messageCount: 0, activeBefore: batch.now });
  const payload = updateOf(rows[0].id, 0, creatorId, 'new_conversation', batch.now);
  const effects: Effect[] = [
    { kind: 'join', conversationId: rows[0].id, userIds: memberIds },
    toUsers(memberIds, { type: 'conversation_update', payload }),
  ];
  return { answer, effects };
}

/** Adds participants; what is there already counts as read and delivered for them. */
export async function insertParticipants(
  batch: Batch,
  conversationId: number,
  members: readonly { userId: number; isAdmin: boolean }[],
  { lastSeq, messageCount, activeBefore }: Pick<LockedConversation, 'lastSeq' | 'messageCount' | 'activeBefore'>,
): Promise<void> {
  const day = dayOf(activeBefore);
  const rows = members.map(
    ({ userId, isAdmin }) =>
      sql`(${conversationId}, ${userId}, ${isAdmin ? sql`true` : sql`false`}, ${batch.now}, ${lastSeq}, ${messageCount}, ${lastSeq}, ${day})`,
  );
  for (let start = 0; start < rows.length; start += MOST_ROWS) {
    await sql`
      insert into participants
        (conversation_id, user_id, is_admin, joined_at, read_seq, settled, delivered_seq, activity_day)
      values ${sql.join(rows.slice(start, start + MOST_ROWS))}`.execute(batch.sql);
  }
}

async function findPrivate(db: Batch['sql'], privateKey: string): Promise<number | undefined> {
  const { rows } = await sql<{ id: number }>`select id from conversations where private_key = ${privateKey}`.execute(
    db,
  );
  return rows[0]?.id;
}
