/** The client of MmChat for browsers and Node: see `docs/client.md`. */
import { Chat } from './chat.ts';
import type { ChatOptions } from './public-types.ts';

export { account } from './account.ts';
export type { Chat } from './chat.ts';
export { ChatClientError } from './chat-client-error.ts';
export type { ConversationSnapshot, ConversationStore, ShownMessage } from './conversation-store.ts';
export { memoryStorage, type OutboxStorage } from './platform.ts';
export type { Presence, Typist } from './presence-store.ts';
export type * from './protocol.ts';
export type { Ask, ChatOptions, ChatStatus } from './public-types.ts';
export type { Store } from './store.ts';

/**
 * Connects, and stays connected until `close` or `signOut`. Network errors never throw: `chat.status` has the state.
 */
export function connect(options: ChatOptions = {}): Chat {
  return new Chat(options);
}
