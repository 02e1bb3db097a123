import type { MessageRow } from '../../src/protocol.ts';

/** A message as a participant finally sees it. */
export type Seen = {
  readonly seq: number;
  readonly sender: string;
  readonly content: string;
  readonly system: boolean;
  readonly edited: boolean;
  readonly deleted: boolean;
  /** Own message: whether all others have read it; otherwise: whether this participant has. Null if not asked for. */
  readonly read: boolean | null;
};
/** The view of a participant: the messages of each conversation by its id, in the order of their sequence numbers. */
export type View = {
  readonly who: string;
  readonly over: string;
  readonly conversations: ReadonlyMap<number, readonly Seen[]>;
};

/** A row of `list_messages` or `sync`. */
export function seenRow(row: MessageRow, read = row.status === 'read'): Seen {
  const system = row.type === 'system';
  const { seq, sender_username: sender, content, edited, deleted } = row;
  return { seq, sender, content, system, edited, deleted, read: system || deleted ? null : read };
}

/**
 * The messages in which the view of a participant differs from the history or from another view; empty if all agree.
 * @param seen the views of the participants, and the history that the server returns to them
 */
export function differences(seen: readonly (readonly [view: View, history: View])[]): string[] {
  const withHistory = seen.flatMap(([view, history]) => compare(view, history, lineOf));
  const withEachOther = seen.flatMap(([view], index) =>
    seen.slice(index + 1).flatMap(([other]) => compare(...inCommon(view, other), sharedLineOf)),
  );
  return [...withHistory, ...withEachOther];
}

function compare(one: View, other: View, line: (seen: Seen) => string): string[] {
  const [ones, others] = [linesOf(one, line), linesOf(other, line)];
  const places = [...new Set([...ones.keys(), ...others.keys()])];
  return places
    .filter((place) => ones.get(place) !== others.get(place))
    .map((place) => `${place}: ${described(one, ones.get(place))}, ${described(other, others.get(place))}`);
}

function linesOf({ conversations }: View, line: (seen: Seen) => string): Map<string, string> {
  const lines = [...conversations].flatMap(([id, messages]) =>
    messages.map((each) => [`conversation ${id}, message ${each.seq}`, line(each)] as const),
  );
  return new Map(lines);
}

const described = ({ who, over }: View, line = 'nothing') => `${who} (${over}) has “${line}”`;

/** Both views without the conversations that only one of them has. */
function inCommon(one: View, other: View): [View, View] {
  const only = (view: View, rest: View): View => ({
    ...view,
    conversations: new Map([...view.conversations].filter(([id]) => rest.conversations.has(id))),
  });
  return [only(one, other), only(other, one)];
}

/** A message in one line, as the demo prints and compares it. */
export function lineOf(seen: Seen): string {
  return `${sharedLineOf(seen)}${seen.read === null ? '' : seen.read ? '  ✓ read' : '  · unread'}`;
}

function sharedLineOf({ sender, content, system, edited, deleted }: Seen): string {
  if (system) return `* ${content}`;
  return `${sender}: ${deleted ? '(deleted)' : content}${edited ? ' (edited)' : ''}`;
}
