import type { ConversationSnapshot, ConversationStore } from 'mmchat-client';
import { useCallback, useMemo, useRef } from 'preact/hooks';
import { arrowKeyNavigation } from '../components/arrow-key-navigation.ts';
import { Icon } from '../components/icon.tsx';
import { dayNameOf } from '../components/time.ts';
import { useIntersection } from '../components/use-intersection.ts';
import { entriesOf } from './history-entries.ts';
import { Message } from './message.tsx';
import type { MessageActions } from './message-actions.ts';
import { SystemMessage } from './system-message.tsx';
import { useFirstUnread } from './use-first-unread.ts';
import { useHistoryScroll } from './use-history-scroll.ts';
import { useMarkAsRead } from './use-mark-as-read.ts';

/** Tab reaches only one message's button; arrow keys reach the others. */
const moveBetweenMessages = arrowKeyNavigation('.message-actions-button');

type Props = {
  store: ConversationStore;
  snapshot: ConversationSnapshot;
  actions: MessageActions;
  isAdmin: boolean;
};

/** The messages, the newest at the bottom; older ones are loaded on scrolling up. */
export function History({ store, snapshot, actions, isAdmin }: Props) {
  const { messages, summary, hasOlder, loading } = snapshot;
  const scroller = useRef<HTMLElement>(null);
  const top = useRef<HTMLDivElement>(null);
  const { scrolledUp, unseen, toBottom, onScroll } = useHistoryScroll(scroller, messages);
  useMarkAsRead(store, snapshot, scrolledUp);
  const loadOlder = useCallback(() => store.loadOlder(), [store]);
  useIntersection(top, hasOlder && messages.length > 0, loadOlder);
  const firstUnread = useFirstUnread(snapshot);
  const entries = useMemo(() => entriesOf(messages, firstUnread), [messages, firstUnread]);
  const lastKey = entries.at(-1)?.key;
  const group = summary?.is_group === true;
  return (
    <div class="history">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll area must be reachable by keyboard */}
      <section class="scroller" ref={scroller} aria-label="Messages" tabIndex={0} onScroll={onScroll}>
        <div class="history-content">
          <div ref={top} class="history-start">
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
      {scrolledUp && (
        <button type="button" class="to-bottom" onClick={toBottom}>
          <Icon name="down" />
          {unseen > 0 ? `${unseen} new` : <span class="visually-hidden">Jump to the newest message</span>}
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
  return messages.length === 0 ? 'No messages yet. Say hello!' : 'This is the start of the conversation.';
}
