import { sql } from 'kysely';
import type { Presence } from '../presence/presence.ts';
import type { ConversationSummary, LastMessage } from '../protocol.ts';
import { timeOf } from '../time.ts';
import { participantCount } from './participant-count.ts';
import { unreadCount } from './unread.ts';

/** The row of a conversation in a participant's list. */
export type StoredSummary = {
  id: number;
  isGroup: boolean;
  name: string | null;
  profilePicture: string;
  lastSeq: number;
  activityAt: number;
  readSeq: number;
  deliveredSeq: number;
  unread: number;
  participantCount: number;
  messageId: number | null;
  messageSeq: number;
  senderId: number;
  senderUsername: string;
  content: string;
  sentAt: number;
  event: string | null;
  deletedAt: number | null;
  /** Only of a private conversation: the participant and the other user. */
  username: string;
  otherId: number | null;
  otherUsername: string;
  otherPicture: string;
  otherLastSeen: number;
};

/**
 * One row per conversation with its last message and, if it is private, both users. To be followed by conditions on the
 * participant `p` and the conversation `c`.
 */
export const selectSummaries = sql`
  select c.id, c.is_group as "isGroup", c.name, c.profile_picture as "profilePicture", c.last_seq as "lastSeq",
    c.activity_at as "activityAt", p.read_seq as "readSeq", p.delivered_seq as "deliveredSeq", ${unreadCount} as unread,
    ${participantCount} as "participantCount",
    m.id as "messageId", m.seq as "messageSeq", m.sender_id as "senderId", s.username as "senderUsername", m.content,
    m.created_at as "sentAt", m.event, m.deleted_at as "deletedAt",
    case when c.is_group then null else (select me.username from users me where me.id = p.user_id) end as username,
    o.id as "otherId", o.username as "otherUsername", o.profile_picture as "otherPicture", o.last_seen as "otherLastSeen"
  from participants p
    join conversations c on c.id = p.conversation_id
    left join messages m on m.id = c.last_message_id
    left join users s on s.id = m.sender_id
    left join users o on o.id = case when c.is_group then null else (
      select op.user_id from participants op where op.conversation_id = c.id and op.user_id <> p.user_id limit 1
    ) end`;

/** The summaries of conversations for a user. */
export async function summariesOf(
  rows: readonly StoredSummary[],
  userId: number,
  presence: Presence,
): Promise<ConversationSummary[]> {
  const groups = rows.filter(({ otherId }) => otherId === null).map(({ id }) => id);
  const othersOnline = await presence.withOthersOnline(groups, userId);
  return rows.map((row) => summaryOf(row, userId, presence, othersOnline));
}

function summaryOf(
  row: StoredSummary,
  userId: number,
  presence: Presence,
  othersOnline: ReadonlySet<number>,
): ConversationSummary {
  const isGroup = Boolean(row.isGroup);
  return {
    id: row.id,
    conversation_id: row.id,
    is_group: isGroup,
    name: isGroup ? (row.name ?? '') : privateName(row, userId),
    profile_picture: isGroup ? row.profilePicture : row.otherPicture,
    last_message: lastMessageOf(row),
    last_seq: row.lastSeq,
    unread_count: row.unread,
    participant_count: row.participantCount,
    other_user_online: row.otherId === null ? othersOnline.has(row.id) : presence.isOnline(row.otherId),
    ...(row.otherId !== null && { other_user: otherUserOf(row, row.otherId, presence) }),
  };
}

/** The same for both users: the usernames in the order of the user ids. */
function privateName({ username, otherUsername, otherId }: StoredSummary, userId: number): string {
  return userId < (otherId ?? 0) ? `${username} & ${otherUsername}` : `${otherUsername} & ${username}`;
}

function lastMessageOf(row: StoredSummary): LastMessage | null {
  if (row.messageId === null) return null;
  return {
    message_id: row.messageId,
    seq: row.messageSeq,
    sender_id: row.senderId,
    sender_username: row.senderUsername,
    content: row.content,
    created_at: timeOf(row.sentAt),
    type: row.event === null ? 'message' : 'system',
    deleted: row.deletedAt !== null,
  };
}

const otherUserOf = (row: StoredSummary, id: number, presence: Presence) => ({
  id,
  username: row.otherUsername,
  profile_picture: row.otherPicture,
  last_seen: timeOf(presence.lastSeen(id, row.otherLastSeen)),
});
