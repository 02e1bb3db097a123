import type { ShownMessage } from 'mmchat-client';

/** What can be done with a message. One object for a whole conversation, so that messages need not be drawn again. */
export type MessageActions = {
  edit(message: ShownMessage): void;
  askToDelete(message: ShownMessage): void;
  showReaders(message: ShownMessage): void;
  retry(clientMessageId: string): void;
  discard(clientMessageId: string): void;
};
