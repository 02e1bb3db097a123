import type { ConversationSummary, FoundUser, ServerEvents } from './protocol.ts';

/** What is shown of a user. */
export type Person = FoundUser;
/** Gives a user's latest name and picture, if they are known to be newer than what it is asked for. */
export type Latest = (userId: number) => Person | undefined;

/** The names and pictures that were announced over the current connection. */
export class People {
  readonly #announced = new Map<number, { person: Person; at: number }>();

  announced({ sender_id: id, sender_username: username, profile_picture }: ServerEvents['user_update']): Person {
    const person = { id, username, profile_picture };
    this.#announced.set(id, { person, at: performance.now() });
    return person;
  }

  /** @param since by `performance.now()`: what was announced before is left out */
  latest(userId: number, since = Number.NEGATIVE_INFINITY): Person | undefined {
    const found = this.#announced.get(userId);
    return found !== undefined && found.at >= since ? found.person : undefined;
  }

  /** Without a connection something may be announced that is not received here. */
  forget(): void {
    this.#announced.clear();
  }
}

/** A summary with a person's name and picture in place of older ones; the same object where nothing is another. */
export function withPerson(summary: ConversationSummary, person: Person, myId: number): ConversationSummary {
  const { last_message: last, other_user: other } = summary;
  let changed = summary;
  if (last?.sender_id === person.id && last.sender_username !== person.username)
    changed = { ...changed, last_message: { ...last, sender_username: person.username } };
  if (other?.id === person.id) changed = withOther(changed, other, person, myId);
  else if (other !== undefined && person.id === myId) {
    const name = nameOf(myId, person.username, other);
    if (name !== summary.name) changed = { ...changed, name };
  }
  return changed;
}

type Other = NonNullable<ConversationSummary['other_user']>;

function withOther(summary: ConversationSummary, other: Other, person: Person, myId: number): ConversationSummary {
  const { username, profile_picture } = person;
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

/** A private conversation is named after both, in the order of their ids. */
const nameOf = (myId: number, mine: string, { id, username }: Person): string =>
  (myId < id ? [mine, username] : [username, mine]).join(SEPARATOR);

function myName({ name }: ConversationSummary, { id, username }: Person, myId: number): string {
  const length = username.length + SEPARATOR.length;
  return myId < id ? name.slice(0, -length) : name.slice(length);
}
