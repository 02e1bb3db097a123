import type { ShownMessage } from 'mmchat-client';
import type { MessageActions } from './message-actions.ts';

export type MessageProps = {
  message: ShownMessage;
  /** Whether it is the first or last of a group of messages. */
  first: boolean;
  last: boolean;
  group: boolean;
  isAdmin: boolean;
  /** Whether Tab reaches its button. */
  reachable: boolean;
  actions: MessageActions;
};
