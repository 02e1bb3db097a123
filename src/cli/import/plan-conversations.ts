import type { Report } from './report.ts';
import type { Staging } from './staging.ts';

/**
 * Decides which conversations are private, merges those of the same two users, and determines the members.
 * @param now the time of what has none, milliseconds since 1970
 */
export function planConversations(staging: Staging, report: Report, now: number): void {
  staging.run('begin');
  collectMemberships(staging, report);
  determineKinds(staging);
  reportKinds(staging, report);
  leaveMessagesBehind(staging, report);
  fillInTimes(staging, now);
  mergePrivate(staging, report);
  addMembers(staging);
  appointAdmins(staging, report);
  staging.run('commit');
}

type Membership = { conversation: number | null; user: number | null };

/** One row per conversation and user, of those that exist. */
function collectMemberships(staging: Staging, report: Report): void {
  const exist = `p.user_id in (select id from source_users) and p.conversation_id in (select id from source_conversations)`;
  const orphans = staging.iterate<Membership & { isAdmin: number; joined: number | null }>(
    `select conversation_id as conversation, user_id as user, is_admin as isAdmin, joined from source_participants p
    where not (${exist}) or p.user_id is null or p.conversation_id is null`,
  );
  for (const { conversation, user, isAdmin, joined } of orphans)
    report.add('member_left_behind', { conversation, user, is_admin: isAdmin === 1, joined_at: timeText(joined) });
  staging.run(`create table memberships as
    select conversation_id, user_id, max(is_admin) as is_admin, min(joined) as joined, count(*) as copies
    from source_participants p where ${exist} group by conversation_id, user_id`);
  const repeated = staging.iterate<Membership & { copies: number }>(
    'select conversation_id as conversation, user_id as user, copies from memberships where copies > 1',
  );
  for (const each of repeated) report.add('members_merged', each);
}

const timeText = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());

/** A conversation is private if it is one in the source and has two members; two users have one. */
function determineKinds(staging: Staging): void {
  staging.run(`insert into conversations
    with sizes as (
      select conversation_id, count(*) as members, min(user_id) || ':' || max(user_id) as pair from memberships group by 1
    ), kinds as (
      select c.*, case when not c.is_group and s.members = 2 then s.pair end as private_key
      from source_conversations c left join sizes s on s.conversation_id = c.id
    )
    select id, case when private_key is null then id else min(id) over (partition by private_key) end,
      private_key is null, private_key, name, created, null
    from kinds`);
}

function reportKinds(staging: Staging, report: Report): void {
  const asGroups = staging.iterate<{ conversation: number; members: number }>(`
    select c.id as conversation, (select count(*) from memberships m where m.conversation_id = c.id) as members
    from conversations c join source_conversations s on s.id = c.id where c.is_group and not s.is_group`);
  for (const each of asGroups) report.add('private_as_group', each);
  const named = staging.iterate<{ conversation: number; before: string }>(
    `select id as conversation, name as before from conversations where not is_group and trim(coalesce(name, '')) <> ''`,
  );
  for (const each of named) report.add('private_name_dropped', each);
}

type LeftMessage = {
  id: number;
  conversation_id: number | null;
  sender_id: number | null;
  content: string;
  at: number | null;
  is_deleted: number;
};

/** Nobody could see them in the old server either: their conversation is not in any list. */
function leaveMessagesBehind(staging: Staging, report: Report): void {
  const orphans = staging.iterate<LeftMessage>(`
    select * from source_messages m
    where m.conversation_id is null or not exists (select 1 from conversations c where c.id = m.conversation_id)`);
  for (const { id, conversation_id: conversation, sender_id: sender, content, at, is_deleted: deleted } of orphans)
    report.add('message_left_behind', {
      message: id,
      conversation,
      sender,
      sent_at: timeText(at),
      content,
      deleted: deleted === 1,
    });
  staging.run(
    'delete from source_messages where conversation_id is null or conversation_id not in (select id from conversations)',
  );
}

/** A message without a time gets that of the message before it, by id; a conversation that of its first message. */
function fillInTimes(staging: Staging, now: number): void {
  const isComplete = (table: string, column: string) =>
    staging.get(`select 1 from ${table} where ${column} is null limit 1`) === undefined;
  if (isComplete('source_messages', 'at') && isComplete('conversations', 'created')) return;
  indexMessages(staging);
  const nearest = (comparison: string, order: string) => `(
    select b.at from source_messages b where b.conversation_id = source_messages.conversation_id
      and b.id ${comparison} source_messages.id and b.at is not null order by b.id ${order} limit 1)`;
  staging.run(
    `update source_messages set at = coalesce(${nearest('<', 'desc')}, ${nearest('>', 'asc')},
      (select c.created from conversations c where c.id = source_messages.conversation_id), ?) where at is null`,
    now,
  );
  staging.run(
    `update conversations set created = coalesce(
      (select min(m.at) from source_messages m where m.conversation_id = conversations.id),
      (select min(m.joined) from memberships m where m.conversation_id = conversations.id), ?) where created is null`,
    now,
  );
}

/** Most sources need no such index. */
export function indexMessages(staging: Staging): void {
  staging.run('create index if not exists messages_of_conversation on source_messages (conversation_id, id)');
}

/** The conversation with the lowest id stays, with the messages of all. */
function mergePrivate(staging: Staging, report: Report): void {
  const select = `select id, target, created from conversations where target <> id and id > ? order by id limit ?`;
  for (const { id, target, created } of staging.byId<{ id: number; target: number; created: number }>(select)) {
    staging.run('update conversations set created = min(created, ?) where id = ?', created, target);
    report.add('private_merged', { conversation: id, into: target });
  }
}

/** A private conversation has no admins. */
function addMembers(staging: Staging): void {
  staging.run(`insert into members
    select c.target, m.user_id, max(m.is_admin and c.is_group), cast(min(coalesce(m.joined, c.created)) as integer)
    from memberships m join conversations c on c.id = m.conversation_id group by c.target, m.user_id`);
}

/** Like the server, when the last admin leaves. */
function appointAdmins(staging: Staging, report: Report): void {
  const firsts = `
    select conversation_id, user_id from (
      select m.conversation_id, m.user_id, max(m.is_admin) over (partition by m.conversation_id) as admins,
        row_number() over (partition by m.conversation_id order by m.joined, m.user_id) as place
      from members m join conversations c on c.id = m.conversation_id where c.is_group
    ) where place = 1 and not admins`;
  for (const { conversation_id, user_id } of staging.iterate<{ conversation_id: number; user_id: number }>(firsts))
    report.add('admin_appointed', { conversation: conversation_id, user: user_id });
  staging.run(`update members set is_admin = 1 where (conversation_id, user_id) in (${firsts})`);
}
