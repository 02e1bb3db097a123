import { type LatestProfile, type PublicProfile, withProfile } from './profile-updates.ts';
import type { ConversationSummary, OperationName, ResultOf, SyncedConversation } from './protocol.ts';

type Amender<Name extends OperationName> = (
  result: ResultOf<Name>,
  latest: LatestProfile,
  myId: number,
) => ResultOf<Name>;

/**
 * Applies the names and pictures that were announced while a request was in flight: the server may have read older
 * ones.
 * @param myId the user of the connection
 */
export function amendResult<Name extends OperationName>(
  name: Name,
  result: ResultOf<Name>,
  latest: LatestProfile,
  myId: number,
): ResultOf<Name> {
  return AMENDERS[name]?.(result, latest, myId) ?? result;
}

/** `update_me` is not listed: its result is newer than any announcement before it. */
const AMENDERS: { readonly [Name in OperationName]?: Amender<Name> } = {
  me: withLatestProfile,
  search_users: ({ users }, latest) => ({ users: users.map((user) => withLatestProfile(user, latest)) }),
  list_participants: ({ participants, ...rest }, latest) => ({
    ...rest,
    participants: participants.map((each) => withLatestProfile(each, latest)),
  }),
  list_conversations: ({ conversations, ...rest }, latest, myId) => ({
    ...rest,
    conversations: conversations.map((summary) => summaryWithLatest(summary, latest, myId)),
  }),
  list_messages: ({ messages }, latest) => ({ messages: messages.map((row) => withLatestSender(row, latest)) }),
  sync: ({ conversations, new_conversations, ...rest }, latest, myId) => ({
    ...rest,
    conversations: Object.fromEntries(
      Object.entries(conversations).map(([id, each]) => [id, withLatestSenders(each, latest)]),
    ),
    new_conversations: new_conversations.map((summary) => summaryWithLatest(summary, latest, myId)),
  }),
};

function withLatestProfile<User extends PublicProfile>(user: User, latest: LatestProfile): User {
  const profile = latest(user.id);
  return profile === undefined ? user : { ...user, ...profile };
}

function withLatestSender<Row extends { sender_id: number; sender_username: string }>(
  row: Row,
  latest: LatestProfile,
): Row {
  const profile = latest(row.sender_id);
  return profile === undefined ? row : { ...row, sender_username: profile.username };
}

function withLatestSenders(changes: SyncedConversation, latest: LatestProfile): SyncedConversation {
  return { ...changes, messages: changes.messages.map((row) => withLatestSender(row, latest)) };
}

function summaryWithLatest(summary: ConversationSummary, latest: LatestProfile, myId: number): ConversationSummary {
  const ids = new Set([myId, summary.other_user?.id, summary.last_message?.sender_id]);
  let current = summary;
  for (const id of ids) {
    const profile = id === undefined ? undefined : latest(id);
    if (profile !== undefined) current = withProfile(current, profile, myId);
  }
  return current;
}
