import type { ConversationSnapshot, ConversationStore } from 'mmchat-client';
import { useCallback, useMemo, useRef } from 'preact/hooks';
import { Icon } from '../parts/icon.tsx';
import { dayNameOf } from '../parts/time.ts';
import { useSight } from '../parts/use-sight.ts';
import { walkBetween } from '../parts/walking.ts';
import { entriesOf } from './entries.ts';
import { useFirstUnread } from './first-unread.ts';
import { Message } from './message.tsx';
import type { MessageActions } from './message-actions.ts';
import { SystemMessage } from './system-message.tsx';
import { useReading } from './use-reading.ts';

/** Tab meets only one message's button, however many there are. */
const moveBetweenMessages = walkBetween('.message-more');

type Props = {
  store: ConversationStore;
  snapshot: ConversationSnapshot;
  actions: MessageActions;
  isAdmin: boolean;
};

/** The messages, the newest at the bottom; older ones are fetched as one scrolls up. */
export function History({ store, snapshot, actions, isAdmin }: Props) {
  const { messages, summary, hasOlder, loading } = snapshot;
  const scroller = useRef<HTMLElement>(null);
  const top = useRef<HTMLDivElement>(null);
  const { away, unseen, toBottom, onScroll } = useReading(scroller, store, snapshot);
  const loadOlder = useCallback(() => store.loadOlder(), [store]);
  useSight(top, hasOlder && messages.length > 0, loadOlder);
  const firstUnread = useFirstUnread(snapshot);
  const entries = useMemo(() => entriesOf(messages, firstUnread), [messages, firstUnread]);
  const lastKey = entries.at(-1)?.key;
  const group = summary?.is_group === true;
  return (
    <div class="history">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be scrollable by keyboard */}
      <section class="scroller" ref={scroller} aria-label="Messages" tabIndex={0} onScroll={onScroll}>
        <div class="roll">
          <div ref={top} class="beginning">
            {beginningOf(snapshot)}
          </div>
          <ol class="messages" onKeyDown={moveBetweenMessages} aria-busy={loading}>
            {entries.map((entry) => {
              if (entry.kind === 'day') return <Separator key={entry.key} text={dayNameOf(entry.time)} kind="day" />;
              if (entry.kind === 'unread') return <Separator key={entry.key} text="New messages" kind="new" />;
              const { key, message, first, last } = entry;
              if (message.kind === 'system') return <SystemMessage key={key} message={message} />;
              const shared = { message, first, last, group, actions, isAdmin, reachable: key === lastKey };
              return <Message key={key} {...shared} />;
            })}
          </ol>
        </div>
      </section>
      {away && (
        <button type="button" class="to-bottom" onClick={toBottom}>
          <Icon name="down" />
          {unseen > 0 ? `${unseen} new` : <span class="unseen">To the newest message</span>}
        </button>
      )}
    </div>
  );
}

const Separator = ({ text, kind }: { text: string; kind: string }) => (
  <li class={`separator ${kind}`}>
    <span>{text}</span>
  </li>
);

function beginningOf({ hasOlder, loading, messages, gone }: ConversationSnapshot): string {
  if (loading || (hasOlder && messages.length > 0)) return 'Loading…';
  if (gone) return '';
  return messages.length === 0 ? 'No messages yet. Say hello!' : 'This is where it began.';
}
