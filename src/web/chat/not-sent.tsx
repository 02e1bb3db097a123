import type { ShownMessage } from 'mmchat-client';
import type { MessageActions } from './message-actions.ts';

/** Why a message was refused, and what to do now. */
export function NotSent({ message, actions }: { message: ShownMessage; actions: MessageActions }) {
  const { clientMessageId = '', error } = message;
  return (
    <p class="not-sent" role="alert">
      Not sent{error === undefined ? '.' : `: ${error.message}`}{' '}
      <button type="button" class="link" onClick={() => actions.retry(clientMessageId)}>
        Try again
      </button>{' '}
      <button type="button" class="link" onClick={() => actions.discard(clientMessageId)}>
        Discard
      </button>
    </p>
  );
}
