import type { ShownMessage } from 'mmchat-client';

/** The actions on a message. One object per conversation, so that messages are not rendered again. */
export type MessageActions = {
  edit(message: ShownMessage): void;
  askToDelete(message: ShownMessage): void;
  showReaders(message: ShownMessage): void;
  retry(clientMessageId: string): void;
  discard(clientMessageId: string): void;
};
