import type { ShownMessage } from 'mmchat-client';
import { limitCombiningMarks } from '../components/combining-marks.ts';
import { fullTimeOf } from '../components/time.ts';

/** A change of the conversation: of its members or its name. */
export function SystemMessage({ message }: { message: ShownMessage }) {
  return (
    <li class="system" title={fullTimeOf(message.createdAt)}>
      {limitCombiningMarks(message.content)}
    </li>
  );
}
