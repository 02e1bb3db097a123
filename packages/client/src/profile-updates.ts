import type { ConversationSummary, FoundUser, ServerEvents } from './protocol.ts';

/** The part of a user's profile that others see. */
export type PublicProfile = FoundUser;
/** A user's latest name and picture, if known to be newer than the data at hand. */
export type LatestProfile = (userId: number) => PublicProfile | undefined;

/** The names and pictures that were announced over the current connection. */
export class ProfileUpdates {
  readonly #updates = new Map<number, { profile: PublicProfile; at: number }>();

  record({ sender_id: id, sender_username: username, profile_picture }: ServerEvents['user_update']): PublicProfile {
    const profile = { id, username, profile_picture };
    this.#updates.set(id, { profile, at: performance.now() });
    return profile;
  }

  /** @param since by `performance.now()`: ignores earlier announcements */
  latest(userId: number, since = Number.NEGATIVE_INFINITY): PublicProfile | undefined {
    const found = this.#updates.get(userId);
    return found !== undefined && found.at >= since ? found.profile : undefined;
  }

  /** Without a connection, announcements are missed. */
  forget(): void {
    this.#updates.clear();
  }
}

/** A summary with a user's current name and picture; the same object if nothing changes. */
export function withProfile(summary: ConversationSummary, profile: PublicProfile, myId: number): ConversationSummary {
  const { last_message: last, other_user: other } = summary;
  let changed = summary;
  if (last?.sender_id === profile.id && last.sender_username !== profile.username)
    changed = { ...changed, last_message: { ...last, sender_username: profile.username } };
  if (other?.id === profile.id) changed = withOther(changed, other, profile, myId);
  else if (other !== undefined && profile.id === myId) {
    const name = nameOf(myId, profile.username, other);
    if (name !== summary.name) changed = { ...changed, name };
  }
  return changed;
}

type Other = NonNullable<ConversationSummary['other_user']>;

function withOther(
  summary: ConversationSummary,
  other: Other,
  profile: PublicProfile,
  myId: number,
): ConversationSummary {
  const { username, profile_picture } = profile;
  if (username === other.username && profile_picture === other.profile_picture) return summary;
  const changed = { ...other, username, profile_picture };
  return {
    ...summary,
    profile_picture,
    other_user: changed,
    name: nameOf(myId, myName(summary, other, myId), changed),
  };
}

const SEPARATOR = ' & ';

/** A private conversation is named after both users, in the order of their ids. */
const nameOf = (myId: number, mine: string, { id, username }: PublicProfile): string =>
  (myId < id ? [mine, username] : [username, mine]).join(SEPARATOR);

function myName({ name }: ConversationSummary, { id, username }: PublicProfile, myId: number): string {
  const length = username.length + SEPARATOR.length;
  return myId < id ? name.slice(0, -length) : name.slice(length);
}
