import type { ConversationSummary } from 'mmchat-client';
import { limitCombiningMarks } from './combining-marks.ts';

/** A conversation's title: a group's name, or the other user of a private conversation. */
export const titleOf = ({ other_user, name }: ConversationSummary): string =>
  other_user?.username ?? limitCombiningMarks(name);
