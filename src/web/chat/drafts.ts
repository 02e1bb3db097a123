import type { ConversationStore } from '../../client/client.ts';

/** What was written and not yet sent, by conversation, as long as one is logged in. */
export const drafts = new WeakMap<ConversationStore, string>();
