import type { ConversationStore, ShownMessage } from 'mmchat-client';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { ErrorMessage } from '../components/error-message.tsx';
import { hasKeyboard } from '../components/has-keyboard.ts';
import { Icon } from '../components/icon.tsx';
import { useForm } from '../components/use-form.ts';
import { drafts } from './drafts.ts';

const MAX_CHARACTERS = 4096;

type Props = {
  store: ConversationStore;
  /** The message being edited, if any: a new object each time that editing begins. */
  editing: ShownMessage | undefined;
  onEdited: () => void;
  onEditLast: () => void;
};

/**
 * Where messages are written and edited. Enter sends; on an on-screen keyboard, which has no Shift+Enter, it starts a
 * new line.
 */
export function Composer({ store, editing, onEdited, onEditLast }: Props) {
  const [text, setText] = useText(store, editing);
  const field = useRef<HTMLTextAreaElement>(null);
  const form = useForm();
  useLayoutEffect(() => {
    if (hasKeyboard() || editing !== undefined) field.current?.focus();
    field.current?.setSelectionRange(-1, -1);
  }, [editing]);
  useEffect(() => () => store.stopTyping(), [store]);
  const over = Array.from(text).length - MAX_CHARACTERS;

  const submit = (event: Event) => {
    event.preventDefault();
    if (text.trim() === '' || over > 0) return;
    const messageId = editing?.id;
    if (messageId === undefined) {
      store.send(text.trim());
      store.stopTyping();
      setText('');
    } else if (text.trim() === editing?.content) onEdited();
    else form.submit(event, () => store.edit(messageId, text.trim()).then(onEdited));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === 'Enter' && !event.shiftKey && hasKeyboard()) submit(event);
    else if (event.key === 'Escape' && editing !== undefined) onEdited();
    else if (event.key === 'ArrowUp' && text === '' && editing === undefined) {
      event.preventDefault();
      onEditLast();
    }
  };
  return (
    <form class="composer" onSubmit={submit}>
      {editing !== undefined && (
        <p class="editing">
          <Icon name="edit" />
          Editing a message
          <button type="button" class="round" aria-label="Cancel editing" onClick={onEdited}>
            <Icon name="close" />
          </button>
        </p>
      )}
      <ErrorMessage text={over > 0 ? `The message is ${over} characters too long.` : form.error} />
      <div class="composer-box">
        <div class="auto-grow" data-text={text}>
          <textarea
            ref={field}
            rows={1}
            dir="auto"
            aria-label={editing === undefined ? 'Message' : 'Edited message'}
            placeholder="Message"
            value={text}
            onKeyDown={onKeyDown}
            onInput={({ currentTarget: { value } }) => {
              setText(value);
              if (editing === undefined) value === '' ? store.stopTyping() : store.typing();
            }}
          />
        </div>
        <button
          type="submit"
          class="round send"
          aria-label={editing === undefined ? 'Send' : 'Save'}
          aria-disabled={text.trim() === '' || over > 0 || form.busy}
          onPointerDown={(event) => event.preventDefault() /* keeps the on-screen keyboard open */}
        >
          <Icon name={editing === undefined ? 'send' : 'check'} />
        </button>
      </div>
    </form>
  );
}

/** The text in the field: the draft of a new message, or of an edit. */
function useText(store: ConversationStore, editing: ShownMessage | undefined) {
  const [draft, setDraft] = useState(drafts.get(store) ?? '');
  const [changed, setChanged] = useState<{ of: ShownMessage; text: string }>();
  const keep = (text: string) => {
    setDraft(text);
    drafts.set(store, text);
  };
  if (editing === undefined) return [draft, keep] as const;
  const text = changed?.of === editing ? changed.text : editing.content;
  return [text, (value: string) => setChanged({ of: editing, text: value })] as const;
}
