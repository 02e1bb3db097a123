import type { ShownMessage } from 'mmchat-client';
import type { MessageActions } from './message-actions.ts';

/** The reason why a message was not sent, and what the user can do. */
export function FailedMessage({ message, actions }: { message: ShownMessage; actions: MessageActions }) {
  const { clientMessageId = '', error } = message;
  return (
    <p class="failed-message" role="alert">
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
