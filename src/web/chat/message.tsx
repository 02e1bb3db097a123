import { Avatar, colourOf } from '../components/avatar.tsx';
import { memo } from '../components/memo.ts';
import { clockOf, fullTimeOf } from '../components/time.ts';
import { DeliveryStatus } from './delivery-status.tsx';
import { FailedMessage } from './failed-message.tsx';
import { LinkedText } from './linked-text.tsx';
import { MessageMenu } from './message-menu.tsx';
import type { MessageProps } from './message-props.ts';

function Bubble(props: MessageProps) {
  const { message, first, last, group, actions } = props;
  const { mine, senderUsername, content, createdAt, deleted, editedAt, state } = message;
  const names = group && !mine;
  const classes = ['message', mine && 'mine', first && 'first', last && 'last', state === 'failed' && 'failed'];
  return (
    <li class={classes.filter(Boolean).join(' ')}>
      {names && <span class="avatar-slot">{last && <Avatar name={senderUsername} size="small" />}</span>}
      <div class="column">
        <div class="bubble-row">
          <div class="bubble">
            {names && first ? (
              <span class={`sender colour-${colourOf(senderUsername)}`}>{senderUsername}</span>
            ) : (
              <span class="visually-hidden">{mine ? 'You' : senderUsername}: </span>
            )}
            {deleted ? (
              <span class="message-text deleted">Message deleted</span>
            ) : (
              <span class="message-text" dir="auto">
                <LinkedText text={content} />
              </span>
            )}
            <span class="meta">
              {editedAt !== null && !deleted && <span>edited </span>}
              <time dateTime={createdAt} title={fullTimeOf(createdAt)}>
                {clockOf(createdAt)}
              </time>
              {mine && !deleted && <DeliveryStatus state={state} group={group} />}
            </span>
          </div>
          {!deleted && message.id !== undefined && <MessageMenu {...props} />}
        </div>
        {state === 'failed' && <FailedMessage message={message} actions={actions} />}
      </div>
    </li>
  );
}

/** A message of a user, with the actions on it. */
export const Message = memo(Bubble);
