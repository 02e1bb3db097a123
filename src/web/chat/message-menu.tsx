import type { ShownMessage } from 'mmchat-client';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../components/icon.tsx';
import type { MessageProps } from './message-props.ts';

const LABEL_CHARACTERS = 40;
/** Browsers offer the clipboard only to secure contexts. */
const CAN_COPY = 'clipboard' in navigator;

/** A message's button and the menu that it opens. */
export function MessageMenu({ message, isAdmin, reachable, actions }: MessageProps) {
  const [opened, setOpened] = useState<'up' | 'down'>();
  const button = useRef<HTMLButtonElement>(null);
  const close = () => {
    setOpened(undefined);
    button.current?.focus();
  };
  const item = (label: string, work: (message: ShownMessage) => void): Item => ({
    label,
    choose() {
      close(); // returns the focus to where a dialog will leave it
      work(message);
    },
  });
  const { content, mine } = message;
  const short = content.length > LABEL_CHARACTERS ? `${content.slice(0, LABEL_CHARACTERS)}…` : content;
  const items: Item[] = [
    ...(mine ? [item('Edit', actions.edit), item('Read receipts', actions.showReaders)] : []),
    ...(CAN_COPY ? [item('Copy text', () => void navigator.clipboard.writeText(content))] : []),
    ...(mine || isAdmin ? [item('Delete', actions.askToDelete)] : []),
  ];
  return (
    <div class={opened === undefined ? 'message-actions' : 'message-actions open'}>
      <button
        ref={button}
        type="button"
        class="round message-actions-button"
        tabIndex={reachable ? 0 : -1}
        aria-haspopup="menu"
        aria-expanded={opened !== undefined}
        aria-label={`Actions for the message “${short}”`}
        onClick={() => setOpened(opened === undefined ? directionOf(button.current) : undefined)}
      >
        <Icon name="more" />
      </button>
      {opened !== undefined && (
        <Menu direction={opened} items={items} onClose={close} onLeft={() => setOpened(undefined)} />
      )}
    </div>
  );
}

type Item = { label: string; choose: () => void };
type MenuProps = {
  direction: 'up' | 'down';
  items: readonly Item[];
  onClose: () => void;
  /** The focus has moved elsewhere. */
  onLeft: () => void;
};

function Menu({ direction, items, onClose, onLeft }: MenuProps) {
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => list.current?.querySelector('button')?.focus(), []);
  const move = (event: KeyboardEvent) => {
    event.stopPropagation(); // keeps these keys from the list of messages
    if (event.key === 'Escape') return onClose();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const buttons: (Element | null)[] = [...(list.current?.querySelectorAll('button') ?? [])];
    const at = buttons.indexOf(document.activeElement);
    const next = buttons.at((at + step) % buttons.length);
    if (next instanceof HTMLElement) next.focus();
  };
  return (
    <div
      ref={list}
      class={`menu ${direction}`}
      role="menu"
      tabIndex={-1}
      onKeyDown={move}
      onFocusOut={({ relatedTarget }) => {
        if (!(relatedTarget instanceof Node && list.current?.parentElement?.contains(relatedTarget))) onLeft();
      }}
    >
      {items.map(({ label, choose }) => (
        <button key={label} type="button" role="menuitem" tabIndex={-1} onClick={choose}>
          {label}
        </button>
      ))}
    </div>
  );
}

/** The menu opens towards the larger space. */
function directionOf(button: HTMLElement | null): 'up' | 'down' {
  const scroller = button?.closest('.scroller')?.getBoundingClientRect();
  const { top = 0 } = button?.getBoundingClientRect() ?? {};
  return scroller !== undefined && top > scroller.top + scroller.height / 2 ? 'up' : 'down';
}
