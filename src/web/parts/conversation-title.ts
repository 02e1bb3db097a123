import type { ConversationSummary } from 'mmchat-client';

/** What a conversation is called here: a group by its name, a private one by the other person. */
export const titleOf = ({ other_user, name }: ConversationSummary): string => other_user?.username ?? name;
