/** The client of MmChat for browsers and Node: `docs/client.md`. */
import { Chat } from './chat.ts';
import type { ChatOptions } from './face.ts';

export { account } from './account.ts';
export type { Chat } from './chat.ts';
export { ChatClientError } from './chat-client-error.ts';
export type { ConversationSnapshot, ConversationStore, ShownMessage } from './conversation-store.ts';
export type { Ask, ChatOptions, ChatStatus } from './face.ts';
export type { Presence, Typist } from './others.ts';
export type * from './protocol.ts';
export type { Readable } from './readable.ts';
export { memoryStorage, type OutboxStorage } from './surroundings.ts';

/**
 * Connects, and stays connected until `close` or `signOut`. It never throws for reasons of the network: `chat.status`
 * says how it stands.
 */
export function connect(options: ChatOptions = {}): Chat {
  return new Chat(options);
}
