import type { ShownMessage } from 'mmchat-client';
import { drawable } from '../parts/marks.ts';
import { fullTimeOf } from '../parts/time.ts';

/** What happened to the conversation: who came, who went, how it is called. */
export function SystemMessage({ message }: { message: ShownMessage }) {
  return (
    <li class="system" title={fullTimeOf(message.createdAt)}>
      {drawable(message.content)}
    </li>
  );
}
