import { sql } from 'kysely';
import { avatarKeyIn, findAvatar } from '../../accounts/avatars.ts';
import type { Queries } from '../../database/queries.ts';
import { LiveMessages } from './live-messages.ts';
import type { Progress } from './progress.ts';
import { type FoundConversation, type FoundMessage, type Readers, readersOf } from './read-back.ts';
import type { Staging } from './staging.ts';
import { accountPages, keptPictures, messages, type StoredMessage } from './stored-rows.ts';

/** @throws Error if a figure differs */
function same(figure: string, expected: unknown, found: unknown): void {
  if (expected !== found)
    throw new Error(`the recount differs, so nothing was kept: ${figure}: ${expected} expected, ${found} found.`);
}

/**
 * Reads everything back and compares it with the source: the number of rows in each table, each account and message, the
 * messages of each conversation, and the unread messages of each member, counted one by one.
 * @throws Error that names the first figure that differs
 */
export async function recount(queries: Queries, staging: Staging, progress: Progress): Promise<void> {
  await compareTotals(queries, staging);
  const readers = readersOf(queries);
  await compareAccounts(readers, staging);
  await comparePictures(queries, staging);
  const expected = { messages: messages(staging), counts: expectedCounts(staging), unread: expectedUnread(staging) };
  progress.begin('recounting', staging.get<{ count: number }>(TOTALS.messages)?.count);
  for await (const conversation of readers.conversations.of()) {
    const live = await compareMessages(conversation, readers, expected, progress);
    await compareMembers(conversation, readers, expected.unread, live);
  }
  same('messages after the last conversation', true, expected.messages.next().done);
  same('members after the last conversation', true, expected.unread.next().done);
  progress.end();
}

const TOTALS = {
  users: `select (select count(*) from source_users) + (select count(*) from accounts where is_missing) as count`,
  conversations: 'select count(distinct target) as count from conversations',
  participants: 'select count(*) as count from members',
  messages: `select (select coalesce(sum(parts), 0) from source_messages) + (
    select count(*) from conversations where notice is not null) as count`,
} as const;

async function compareTotals({ sql: db }: Queries, staging: Staging): Promise<void> {
  for (const [table, expected] of Object.entries(TOTALS)) {
    const { rows } = await sql<{ count: number }>`select count(*) as count from ${sql.table(table)}`.execute(db);
    same(`rows of ${table}`, staging.get<{ count: number }>(expected)?.count, Number(rows[0]?.count));
  }
}

async function compareAccounts({ accounts }: Readers, staging: Staging): Promise<void> {
  const found = accounts.of();
  for (const page of accountPages(staging))
    for (const expected of page) {
      const { value } = await found.next();
      for (const [column, each] of Object.entries(expected)) {
        const other = (value as Record<string, unknown> | undefined)?.[column];
        const isShown = typeof each === 'number';
        if (each !== other)
          same(`${column} of user ${expected.id}`, isShown ? each : 'the same', isShown ? other : 'another');
      }
    }
}

async function comparePictures({ sql: db }: Queries, staging: Staging): Promise<void> {
  for (const { id, url, contentType, content } of keptPictures(staging)) {
    const found = await findAvatar(db, avatarKeyIn(url) ?? '');
    const isSame = found?.contentType === contentType && Buffer.compare(found.content, content) === 0;
    same(`the picture of user ${id}`, true, isSame);
  }
}

type Counts = { conversationId: number; messages: number; all: number };
type Unread = { conversationId: number; userId: number; isAdmin: number; unread: number };
type Expected = {
  readonly messages: Iterator<StoredMessage>;
  readonly counts: Iterator<Counts>;
  readonly unread: Iterator<Unread>;
};

/** The messages of each conversation, from the rows of the source; with a system message, if it has one. */
const expectedCounts = (staging: Staging) =>
  staging.iterate<Counts>(`
    select c.target as conversationId, coalesce(sum(m.parts), 0) as messages,
      coalesce(sum(m.parts), 0) + max(c.notice is not null) as "all"
    from conversations c left join source_messages m on m.conversation_id = c.id group by c.target order by c.target`);

/**
 * The unread messages of each member, from the rows of the source: those of others that are not deleted, and in a group
 * not older than the joining, without a row that says that the member has read them.
 */
const expectedUnread = (staging: Staging) =>
  staging.iterate<Unread>(`
    select m.conversation_id as conversationId, m.user_id as userId, m.is_admin as isAdmin,
      t.lives - coalesce(o.parts, 0) - coalesce(r.parts, 0) - coalesce(case when c.is_group then (
        select p.lives from placed p where p.conversation_id = m.conversation_id and p.at < m.joined
        order by p.at desc, p.seq desc limit 1) end, 0) as unread
    from members m join conversations c on c.id = m.conversation_id join totals t on t.conversation_id = c.id
      left join (
        select p.conversation_id, p.sender_id as user_id, sum(p.parts) as parts from placed p ${countsFor('p.sender_id')}
        group by 1, 2
      ) o on o.conversation_id = m.conversation_id and o.user_id = m.user_id
      left join (
        select p.conversation_id, s.user_id, sum(p.parts) as parts
        from (select distinct message_id, user_id from source_status where kind = 2) s
          join placed p on p.message_id = s.message_id and p.sender_id <> s.user_id ${countsFor('s.user_id')}
        group by 1, 2
      ) r on r.conversation_id = m.conversation_id and r.user_id = m.user_id
    order by m.conversation_id, m.user_id`);

/** Joins the member, for messages that count for that member. */
const countsFor = (user: string) => `
  join members n on n.conversation_id = p.conversation_id and n.user_id = ${user}
  join conversations k on k.id = p.conversation_id and p.is_live and (not k.is_group or p.at >= n.joined)`;

async function compareMessages(
  { conversationId, lastSeq, messageCount, lastMessageId }: FoundConversation,
  readers: Readers,
  expected: Expected,
  progress: Progress,
): Promise<LiveMessages> {
  const about = `conversation ${conversationId}`;
  const live = new LiveMessages();
  let [all, ofUsers, last]: [number, number, number | null] = [0, 0, null];
  for await (const found of readers.messages.of(conversationId)) {
    all += 1;
    same(`a number in ${about}`, all, found.seq);
    compareMessage(expected.messages.next().value, found);
    if (found.event === null) ofUsers += 1;
    live.add(found.senderId, found.event === null && found.deletedAt === null);
    last = found.id;
    progress.advance(1);
  }
  const { value: counts } = expected.counts.next();
  same(`the conversation after ${conversationId - 1}`, counts?.conversationId, conversationId);
  same(`messages of ${about}`, counts?.messages, ofUsers);
  same(`messages and system messages of ${about}`, counts?.all, all);
  same(`message_count of ${about}`, ofUsers, messageCount);
  same(`last_seq of ${about}`, all, lastSeq);
  same(`last_message_id of ${about}`, last, lastMessageId);
  return live;
}

function compareMessage(expected: StoredMessage | undefined, found: FoundMessage): void {
  same('a message', expected?.id, found.id);
  const { content, ...numbers } = { ...expected, changedSeq: expected?.seq };
  for (const [column, each] of Object.entries(numbers))
    same(`${column} of message ${found.id}`, each, found[column as keyof FoundMessage]);
  if (content !== found.content) same(`the text of message ${found.id}`, 'the same', 'another');
}

async function compareMembers(
  { conversationId, messageCount }: FoundConversation,
  readers: Readers,
  expected: Iterator<Unread>,
  live: LiveMessages,
): Promise<void> {
  const ranges = Map.groupBy(await Array.fromAsync(readers.ranges.of(conversationId)), ({ userId }) => userId);
  for await (const found of readers.members.of(conversationId)) {
    const about = `user ${found.userId} in conversation ${conversationId}`;
    const { value } = expected.next();
    same(`a member of conversation ${conversationId}`, value?.userId, found.userId);
    same(`is_admin of ${about}`, value?.isAdmin, Number(found.isAdmin));
    const own = (ranges.get(found.userId) ?? []).map(({ seq, to }) => ({ from: seq, to }));
    same(`range_count of ${about}`, own.length, found.rangeCount);
    const counted = live.unreadOf(found.userId, [{ from: 0, to: found.readSeq }, ...own]);
    same(`unread messages of ${about}`, value?.unread, counted);
    same(`message_count - settled of ${about}`, value?.unread, messageCount - found.settled);
  }
}
