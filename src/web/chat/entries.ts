import type { ShownMessage } from 'mmchat-client';
import { dayOf, minutesBetween } from '../parts/time.ts';

/** Messages of one person that are no further apart stand together. */
const TOGETHER_MINUTES = 5;

export type Entry =
  | { kind: 'day'; key: string; time: string }
  | { kind: 'unread'; key: string }
  | { kind: 'message'; key: string; message: ShownMessage; first: boolean; last: boolean };

/** A key that stays the same from the moment of writing on. */
export const keyOf = ({ id, clientMessageId, senderId }: ShownMessage): string =>
  clientMessageId === undefined ? `m${id}` : `${senderId}-${clientMessageId}`;

/**
 * What a history shows, oldest first: messages, the days between them, and where the unread ones begin.
 * @param firstUnread the key of the message before which the unread ones begin
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
    const first = unread || !belongTogether(before, message);
    entries.push({ kind: 'message', key, message, first, last: afterUnread || !belongTogether(message, after) });
    return entries;
  });
}

function belongTogether(earlier: ShownMessage | undefined, later: ShownMessage | undefined): boolean {
  if (earlier === undefined || later === undefined) return false;
  return (
    earlier.senderId === later.senderId &&
    earlier.kind === 'message' &&
    later.kind === 'message' &&
    dayOf(earlier.createdAt) === dayOf(later.createdAt) &&
    minutesBetween(earlier.createdAt, later.createdAt) <= TOGETHER_MINUTES
  );
}

/** Whether a message is of the kind that unread counts count. */
export const countsAsUnread = ({ mine, kind, deleted }: ShownMessage): boolean =>
  !mine && kind === 'message' && !deleted;
