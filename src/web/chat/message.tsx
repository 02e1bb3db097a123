import type { ShownMessage } from 'mmchat-client';
import { Avatar, colourOf } from '../parts/avatar.tsx';
import { memo } from '../parts/memo.ts';
import { clockOf, fullTimeOf } from '../parts/time.ts';
import { LinkedText } from './linked-text.tsx';
import type { MessageActions } from './message-actions.ts';
import { MessageMenu } from './message-menu.tsx';
import { NotSent } from './not-sent.tsx';
import { StateMark } from './state-mark.tsx';

export type MessageProps = {
  message: ShownMessage;
  /** Of those that stand together. */
  first: boolean;
  last: boolean;
  group: boolean;
  isAdmin: boolean;
  /** Whether Tab reaches its button. */
  reachable: boolean;
  actions: MessageActions;
};

function Bubble(props: MessageProps) {
  const { message, first, last, group, actions } = props;
  const { mine, senderUsername, content, createdAt, deleted, editedAt, state } = message;
  const names = group && !mine;
  const classes = ['message', mine && 'mine', first && 'first', last && 'last', state === 'failed' && 'failed'];
  return (
    <li class={classes.filter(Boolean).join(' ')}>
      {names && <span class="margin">{last && <Avatar name={senderUsername} size="small" />}</span>}
      <div class="column">
        <div class="around">
          <div class="bubble">
            {names && first ? (
              <span class={`sender colour-${colourOf(senderUsername)}`}>{senderUsername}</span>
            ) : (
              <span class="unseen">{mine ? 'You' : senderUsername}: </span>
            )}
            {deleted ? (
              <span class="words deleted">Message deleted</span>
            ) : (
              <span class="words" dir="auto">
                <LinkedText text={content} />
              </span>
            )}
            <span class="meta">
              {editedAt !== null && !deleted && <span>edited </span>}
              <time dateTime={createdAt} title={fullTimeOf(createdAt)}>
                {clockOf(createdAt)}
              </time>
              {mine && !deleted && <StateMark state={state} group={group} />}
            </span>
          </div>
          {!deleted && message.id !== undefined && <MessageMenu {...props} />}
        </div>
        {state === 'failed' && <NotSent message={message} actions={actions} />}
      </div>
    </li>
  );
}

/** A message of somebody, with what can be done with it. */
export const Message = memo(Bubble);
