import type { ShownMessage } from 'mmchat-client';
import { fullTimeOf } from '../parts/time.ts';

/** What happened to the conversation: who came, who went, how it is called. */
export function SystemMessage({ message }: { message: ShownMessage }) {
  return (
    <li class="system" title={fullTimeOf(message.createdAt)}>
      {message.content}
    </li>
  );
}
