import { sql } from 'kysely';
import { findUsers } from '../accounts/find-users.ts';
import type { Queries } from '../database/queries.ts';
import { type Effect, toUsers } from '../delivery/effects.ts';
import type { Caller } from '../operation/caller.ts';
import { ChatError } from '../operation/errors.ts';
import * as field from '../operation/fields.ts';
import { idOfGroup, idOfUser } from '../operation/inputs.ts';
import { change } from '../operation/operation.ts';
import type { ResultOf } from '../protocol.ts';
import type { Batch, LockedConversation } from '../writer/batch.ts';
import type { ChangeResult } from '../writer/change.ts';
import { groupName, insertParticipants, MAX_MEMBERS } from './create.ts';
import { storeMissedSeqs } from './missed-blocks.ts';
import { storeParticipantCount } from './participant-count.ts';
import { type Participation, Participations, participationOf } from './participation.ts';
import { groupId, seqField } from './result-fields.ts';
import { type Person, recordSystemMessage } from './system-messages.ts';

const MEMBER_ERRORS = ['not_participant', 'private_conversation', 'not_admin', 'unknown_user'] as const;

/** Adds a user to a group (admins only). Adding a member again changes nothing. */
export const addParticipant = change('add_participant', {
  http: 'POST /api/conversations/:conversation_id/participants',
  summary: 'Add a user to a group (admins only)',
  details: 'The new member sees the whole history. Earlier messages do not count as unread.',
  input: { conversation_id: idOfGroup(), user_id: idOfUser(45) },
  result: { conversation_id: groupId, seq: field.optional(seqField) },
  errors: [...MEMBER_ERRORS, 'group_full'],
  affectedUser: ({ user_id }) => user_id,
  audit: { done: 'member_added' },
  async run(batch, input, caller): Promise<ChangeResult<ResultOf<'add_participant'>>> {
    const { conversation_id: conversationId, user_id: userId } = input;
    const { conversation, actor } = await groupOf(batch, caller, conversationId);
    const user = await userWith(batch, userId);
    if (await isIn(batch, conversationId, user.id)) return { answer: { conversation_id: conversationId } };
    if (await isFull(batch, conversationId)) throw new ChatError('group_full');
    const { seq, effects } = await recordSystemMessage(batch, conversation, {
      event: 'added_to_conversation',
      actor,
      subject: user,
      content: `${actor.username} added ${user.username}`,
    });
    await insertParticipants(batch, conversationId, [{ userId: user.id, isAdmin: false }], conversation);
    const join: Effect = { kind: 'join', conversationId, userIds: [user.id], seq };
    return { answer: { conversation_id: conversationId, seq }, effects: [join, ...effects] };
  },
});

/**
 * Removes a user from a group (admins only), or the caller (any member). After the answer, no socket of that user receives
 * events of the conversation.
 */
export const removeParticipant = change('remove_participant', {
  http: 'DELETE /api/conversations/:conversation_id/participants/:user_id',
  summary: 'Remove a user from a group (admins only), or leave it',
  details:
    'After the answer, the removed user receives nothing more of the conversation. When the last admin leaves, the member who joined first becomes admin.',
  input: { conversation_id: idOfGroup(), user_id: idOfUser(45) },
  result: { conversation_id: groupId, seq: seqField },
  errors: [...MEMBER_ERRORS, 'unknown_participant'],
  audit: { done: 'member_removed' },
  async run(batch, { conversation_id: conversationId, user_id: userId }, caller) {
    const isLeaving = userId === caller.userId;
    const { conversation, actor } = await groupOf(batch, caller, conversationId, !isLeaving);
    const user = await userWith(batch, userId);
    if (!(await isIn(batch, conversationId, user.id))) throw new ChatError('unknown_participant');
    const { seq, effects, update } = await recordSystemMessage(batch, conversation, {
      event: 'removed_from_conversation',
      actor,
      subject: user,
      content: isLeaving ? `${user.username} left` : `${actor.username} removed ${user.username}`,
    });
    await deleteParticipant(batch, conversationId, user.id, seq);
    const succession = await appointAdmin(batch, conversation);
    const leave: Effect = { kind: 'leave', conversationId, userId: user.id, removalSeq: seq };
    const notice = toUsers([user.id], { type: 'conversation_update', payload: update });
    return { answer: { conversation_id: conversationId, seq }, effects: [leave, notice, ...effects, ...succession] };
  },
});

/** Renames a group (admins only). */
export const renameConversation = change('rename_conversation', {
  http: 'PATCH /api/conversations/:conversation_id',
  summary: 'Rename a group (admins only)',
  details: 'The members receive a `system_message`, which stays in the history, and a `conversation_update`.',
  input: { conversation_id: idOfGroup(), name: groupName('Chess Club') },
  result: { conversation_id: groupId, name: field.text('The new name.', 'Chess Club'), seq: seqField },
  errors: ['not_participant', 'private_conversation', 'not_admin'],
  async run(batch, { conversation_id: conversationId, name }, caller) {
    const { conversation, actor } = await groupOf(batch, caller, conversationId);
    const { seq, effects } = await recordSystemMessage(batch, conversation, {
      event: 'renamed',
      actor,
      name,
      content: `${actor.username} renamed the group to ${name}`,
    });
    await batch.sql.updateTable('conversations').set({ name }).where('id', '=', conversationId).execute();
    return { answer: { conversation_id: conversationId, name, seq }, effects };
  },
});

function mustBeAdmin({ isGroup, isAdmin }: Participation): void {
  if (!isGroup) throw new ChatError('private_conversation');
  if (!isAdmin) throw new ChatError('not_admin');
}

/** The locked group and the caller, who has to be an admin or, if not `adminOnly`, a member. */
async function groupOf(batch: Batch, caller: Caller, conversationId: number, adminOnly = true) {
  const conversation = batch.conversation(conversationId);
  const participation = await participationOf(batch, caller, conversationId);
  if (conversation === undefined) throw new ChatError('not_participant');
  if (adminOnly) mustBeAdmin(participation);
  if (!participation.isGroup) throw new ChatError('private_conversation');
  return { conversation, actor: { id: caller.userId, username: participation.username } };
}

/** If the group has no admin, makes the member who joined first its admin. */
async function appointAdmin(batch: Batch, conversation: LockedConversation): Promise<Effect[]> {
  const first = await batch.sql
    .selectFrom('participants as p')
    .innerJoin('users as u', 'u.id', 'p.user_id')
    .select(['u.id', 'u.username', 'p.is_admin'])
    .where('p.conversation_id', '=', conversation.id)
    .orderBy('p.is_admin', 'desc')
    .orderBy('p.joined_at')
    .orderBy('p.user_id')
    .limit(sql.lit(1))
    .executeTakeFirst();
  if (first === undefined || first.is_admin) return [];
  await batch.sql
    .updateTable('participants')
    .set({ is_admin: sql.lit(true) })
    .where('conversation_id', '=', conversation.id)
    .where('user_id', '=', first.id)
    .execute();
  const content = `${first.username} is now an admin`;
  return (
    await recordSystemMessage(batch, conversation, { event: 'admin_changed', actor: first, subject: first, content })
  ).effects;
}

async function userWith({ sql: db }: Queries, userId: number): Promise<Person> {
  const [user] = await findUsers(db, [userId]);
  if (user === undefined) throw new ChatError('unknown_user');
  return user;
}

async function isFull({ sql: db }: Queries, conversationId: number): Promise<boolean> {
  const last = await db
    .selectFrom('participants')
    .select('user_id')
    .where('conversation_id', '=', conversationId)
    .orderBy('user_id')
    .limit(sql.lit(1))
    .offset(sql.lit(MAX_MEMBERS - 1))
    .executeTakeFirst();
  return last !== undefined;
}

async function isIn(db: Queries, conversationId: number, userId: number): Promise<boolean> {
  return (await Participations.find(db, [{ conversationId, userId }])).get(conversationId, userId) !== undefined;
}

async function deleteParticipant(batch: Batch, conversationId: number, userId: number, leftSeq: number): Promise<void> {
  await storeMissedSeqs(batch, conversationId, userId, leftSeq);
  for (const table of ['read_ranges', 'participants'] as const)
    await batch.sql
      .deleteFrom(table)
      .where('conversation_id', '=', conversationId)
      .where('user_id', '=', userId)
      .execute();
  await storeParticipantCount(batch, conversationId);
}
