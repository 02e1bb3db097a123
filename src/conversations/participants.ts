import { sql } from 'kysely';
import { object } from 'yup';
import { findUsers } from '../accounts/find-users.ts';
import type { Queries } from '../database.ts';
import { type Effect, toUsers } from '../effects.ts';
import { ChatError } from '../errors.ts';
import { idOfGroup, idOfUser } from '../inputs.ts';
import { type Caller, operation } from '../operation.ts';
import type { Batch, LockedConversation } from './batch.ts';
import { groupName, insertParticipants, MOST_MEMBERS } from './create.ts';
import { keepMissed } from './missed.ts';
import { conversationOf, type Participation, Participations } from './participation.ts';
import { named, single } from './single.ts';
import { type Person, record } from './system-messages.ts';

type MemberChange = { caller: Caller; conversationId: number; userId: number };
type Rename = { caller: Caller; conversationId: number; name: string };

/** Adds somebody to a group (admins only); who is in already stays as they are. */
export const addParticipant = operation({
  input: object({ conversation_id: idOfGroup(), user_id: idOfUser(45) }),
  doneTo: ({ user_id }) => user_id,
  run: ({ conversation_id: conversationId, user_id: userId }, caller, { changes }) =>
    changes.submit(adding, { caller, conversationId, userId }),
});

/**
 * Takes somebody out of a group (admins only), or oneself (anybody). When it is answered, no socket of theirs gets
 * anything of the conversation any more.
 */
export const removeParticipant = operation({
  input: object({ conversation_id: idOfGroup(), user_id: idOfUser(45) }),
  run: ({ conversation_id: conversationId, user_id: userId }, caller, { changes }) =>
    changes.submit(removing, { caller, conversationId, userId }),
});

/** Renames a group (admins only). */
export const renameConversation = operation({
  input: object({ conversation_id: idOfGroup(), name: groupName('Chess Club') }),
  run: ({ conversation_id: conversationId, name }, caller, { changes }) =>
    changes.submit(renaming, { caller, conversationId, name }),
});

function mustBeAdmin({ isGroup, isAdmin }: Participation): void {
  if (!isGroup) throw new ChatError('private_conversation');
  if (!isAdmin) throw new ChatError('not_admin');
}

/** The locked group and its admin, or whoever else `allowed` lets. */
async function groupOf(
  batch: Batch,
  { caller, conversationId }: { caller: Caller; conversationId: number },
  adminOnly = true,
) {
  const conversation = batch.conversation(conversationId);
  const participation = await conversationOf(batch, caller, conversationId);
  if (conversation === undefined) throw new ChatError('not_participant');
  if (adminOnly) mustBeAdmin(participation);
  if (!participation.isGroup) throw new ChatError('private_conversation');
  return { conversation, actor: { id: caller.userId, username: participation.username } };
}

const adding = single<MemberChange>(async (batch, item) => {
  const { conversation, actor } = await groupOf(batch, item);
  const { conversationId } = item;
  const user = await personWith(batch, item.userId);
  if (await isIn(batch, conversationId, user.id)) return { answer: { conversation_id: conversationId } };
  if (await isFull(batch, conversationId)) throw new ChatError('group_full');
  const { seq, effects } = await record(batch, conversation, {
    event: 'added_to_conversation',
    actor,
    subject: user,
    content: `${actor.username} added ${user.username}`,
  });
  await insertParticipants(batch, conversationId, [{ userId: user.id, isAdmin: false }], conversation);
  const join: Effect = { kind: 'join', conversationId, userIds: [user.id], seq };
  return { answer: { conversation_id: conversationId, seq }, effects: [join, ...effects] };
}, named);

const removing = single<MemberChange>(async (batch, item) => {
  const { conversationId } = item;
  const leaving = item.userId === item.caller.userId;
  const { conversation, actor } = await groupOf(batch, item, !leaving);
  const user = await personWith(batch, item.userId);
  if (!(await isIn(batch, conversationId, user.id))) throw new ChatError('unknown_participant');
  const { seq, effects, update } = await record(batch, conversation, {
    event: 'removed_from_conversation',
    actor,
    subject: user,
    content: leaving ? `${user.username} left` : `${actor.username} removed ${user.username}`,
  });
  await deleteParticipant(batch, conversationId, user.id, seq);
  const succession = await appointAdmin(batch, conversation);
  const leave: Effect = { kind: 'leave', conversationId, userId: user.id, removalSeq: seq };
  const told = toUsers([user.id], { type: 'conversation_update', payload: update });
  return { answer: { conversation_id: conversationId, seq }, effects: [leave, told, ...effects, ...succession] };
}, named);

const renaming = single<Rename>(async (batch, item) => {
  const { conversation, actor } = await groupOf(batch, item);
  const { name, conversationId } = item;
  const { seq, effects } = await record(batch, conversation, {
    event: 'renamed',
    actor,
    name,
    content: `${actor.username} renamed the group to ${name}`,
  });
  await sql`update conversations set name = ${name} where id = ${conversationId}`.execute(batch.sql);
  return { answer: { conversation_id: conversationId, name, seq }, effects };
}, named);

/** A group whose last admin has gone gets its longest-standing member as admin. */
async function appointAdmin(batch: Batch, conversation: LockedConversation): Promise<Effect[]> {
  const { rows } = await sql<Person & { isAdmin: boolean }>`
    select u.id, u.username, p.is_admin as "isAdmin" from participants p join users u on u.id = p.user_id
    where p.conversation_id = ${conversation.id} order by p.is_admin desc, p.joined_at, p.user_id limit 1`.execute(
    batch.sql,
  );
  const [first] = rows;
  if (first === undefined || first.isAdmin) return [];
  await sql`
    update participants set is_admin = true
    where conversation_id = ${conversation.id} and user_id = ${first.id}`.execute(batch.sql);
  const content = `${first.username} is now an admin`;
  return (await record(batch, conversation, { event: 'admin_changed', actor: first, subject: first, content })).effects;
}

async function personWith({ sql: db }: Queries, userId: number): Promise<Person> {
  const [user] = await findUsers(db, [userId]);
  if (user === undefined) throw new ChatError('unknown_user');
  return user;
}

async function isFull({ sql: db }: Queries, conversationId: number): Promise<boolean> {
  const { rows } = await sql`
    select 1 as "isThere" from participants where conversation_id = ${conversationId}
    order by user_id limit 1 offset ${sql.lit(MOST_MEMBERS - 1)}`.execute(db);
  return rows.length > 0;
}

async function isIn(db: Queries, conversationId: number, userId: number): Promise<boolean> {
  return (await Participations.find(db, [{ conversationId, userId }])).get(conversationId, userId) !== undefined;
}

async function deleteParticipant(batch: Batch, conversationId: number, userId: number, leftSeq: number): Promise<void> {
  await keepMissed(batch, conversationId, userId, leftSeq);
  for (const table of [sql.table('read_ranges'), sql.table('participants')]) {
    await sql`delete from ${table} where conversation_id = ${conversationId} and user_id = ${userId}`.execute(
      batch.sql,
    );
  }
}
