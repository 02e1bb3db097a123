import type { ShownMessage } from 'mmchat-client';
import { dayOf, minutesBetween } from '../components/time.ts';

/** Messages of one sender at most this far apart are grouped. */
const GROUP_MINUTES = 5;

export type Entry =
  | { kind: 'day'; key: string; time: string }
  | { kind: 'unread'; key: string }
  | { kind: 'message'; key: string; message: ShownMessage; first: boolean; last: boolean };

/** A key that does not change when the message is sent. */
export const keyOf = ({ id, clientMessageId, senderId }: ShownMessage): string =>
  clientMessageId === undefined ? `m${id}` : `${senderId}-${clientMessageId}`;

/**
 * The entries of a history, oldest first: messages, separators between days, and one before the unread messages.
 * @param firstUnread the key of the first unread message
 */
export function entriesOf(messages: readonly ShownMessage[], firstUnread: string | undefined): Entry[] {
  return messages.flatMap((message, index) => {
    const key = keyOf(message);
    const before = messages[index - 1];
    const after = messages[index + 1];
    const newDay = before === undefined || dayOf(before.createdAt) !== dayOf(message.createdAt);
    const unread = key === firstUnread;
    const afterUnread = after !== undefined && keyOf(after) === firstUnread;
    const entries: Entry[] = [];
    if (newDay) entries.push({ kind: 'day', key: `day-${key}`, time: message.createdAt });
    if (unread) entries.push({ kind: 'unread', key: 'unread' });
    const first = unread || !isSameGroup(before, message);
    entries.push({ kind: 'message', key, message, first, last: afterUnread || !isSameGroup(message, after) });
    return entries;
  });
}

function isSameGroup(earlier: ShownMessage | undefined, later: ShownMessage | undefined): boolean {
  if (earlier === undefined || later === undefined) return false;
  return (
    earlier.senderId === later.senderId &&
    earlier.kind === 'message' &&
    later.kind === 'message' &&
    dayOf(earlier.createdAt) === dayOf(later.createdAt) &&
    minutesBetween(earlier.createdAt, later.createdAt) <= GROUP_MINUTES
  );
}

/** Whether a message is included in unread counts. */
export const countsAsUnread = ({ mine, kind, deleted }: ShownMessage): boolean =>
  !mine && kind === 'message' && !deleted;
