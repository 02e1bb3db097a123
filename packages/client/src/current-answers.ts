import { type Latest, type Person, withPerson } from './people.ts';
import type { CaughtUp, ConversationSummary, OperationName, ResultOf } from './protocol.ts';

type Amend<Name extends OperationName> = (result: ResultOf<Name>, latest: Latest, myId: number) => ResultOf<Name>;

/**
 * An answer with the names and pictures that were announced while it was on its way: it may have been read before.
 * @param myId the user whose connection it is
 */
export function withLatest<Name extends OperationName>(
  name: Name,
  result: ResultOf<Name>,
  latest: Latest,
  myId: number,
): ResultOf<Name> {
  return AMENDING[name]?.(result, latest, myId) ?? result;
}

/** `update_me` is left out: its answer is newer than what was announced before it. */
const AMENDING: { readonly [Name in OperationName]?: Amend<Name> } = {
  me: withPersonOf,
  search_users: ({ users }, latest) => ({ users: users.map((user) => withPersonOf(user, latest)) }),
  list_participants: ({ participants, ...rest }, latest) => ({
    ...rest,
    participants: participants.map((each) => withPersonOf(each, latest)),
  }),
  list_conversations: ({ conversations, ...rest }, latest, myId) => ({
    ...rest,
    conversations: conversations.map((summary) => summaryWith(summary, latest, myId)),
  }),
  list_messages: ({ messages }, latest) => ({ messages: messages.map((row) => withSender(row, latest)) }),
  sync: ({ conversations, new_conversations, ...rest }, latest, myId) => ({
    ...rest,
    conversations: Object.fromEntries(Object.entries(conversations).map(([id, each]) => [id, caughtUp(each, latest)])),
    new_conversations: new_conversations.map((summary) => summaryWith(summary, latest, myId)),
  }),
};

function withPersonOf<User extends Person>(user: User, latest: Latest): User {
  const person = latest(user.id);
  return person === undefined ? user : { ...user, ...person };
}

function withSender<Row extends { sender_id: number; sender_username: string }>(row: Row, latest: Latest): Row {
  const person = latest(row.sender_id);
  return person === undefined ? row : { ...row, sender_username: person.username };
}

function caughtUp(caught: CaughtUp, latest: Latest): CaughtUp {
  return { ...caught, messages: caught.messages.map((row) => withSender(row, latest)) };
}

function summaryWith(summary: ConversationSummary, latest: Latest, myId: number): ConversationSummary {
  const ids = new Set([myId, summary.other_user?.id, summary.last_message?.sender_id]);
  let current = summary;
  for (const id of ids) {
    const person = id === undefined ? undefined : latest(id);
    if (person !== undefined) current = withPerson(current, person, myId);
  }
  return current;
}
