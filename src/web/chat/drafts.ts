import type { ConversationStore } from 'mmchat-client';

/** Unsent texts by conversation, until logout. */
export const drafts = new WeakMap<ConversationStore, string>();
