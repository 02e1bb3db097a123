import type { ConversationSummary } from 'mmchat-client';
import { drawable } from './marks.ts';

/** What a conversation is called here: a group by its name, a private one by the other person. */
export const titleOf = ({ other_user, name }: ConversationSummary): string => other_user?.username ?? drawable(name);
