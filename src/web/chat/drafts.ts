import type { ConversationStore } from 'mmchat-client';

/** What was written and not yet sent, by conversation, as long as one is logged in. */
export const drafts = new WeakMap<ConversationStore, string>();
