import type { ConversationStore, ShownMessage } from 'mmchat-client';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../parts/icon.tsx';
import { hasKeyboard } from '../parts/pointer.ts';
import { Problem } from '../parts/problem.tsx';
import { useForm } from '../parts/use-form.ts';
import { drafts } from './drafts.ts';

const MOST_CHARACTERS = 4096;

type Props = {
  store: ConversationStore;
  /** The message that is being changed, instead of a new one written: another object each time that it is begun. */
  editing: ShownMessage | undefined;
  onEdited: () => void;
  onEditLast: () => void;
};

/** Where messages are written, and changed. Enter sends; on a screen's keyboard, where there is no Shift, it begins a line. */
export function Composer({ store, editing, onEdited, onEditLast }: Props) {
  const [text, setText] = useText(store, editing);
  const field = useRef<HTMLTextAreaElement>(null);
  const form = useForm();
  useLayoutEffect(() => {
    if (hasKeyboard() || editing !== undefined) field.current?.focus();
    field.current?.setSelectionRange(-1, -1);
  }, [editing]);
  useEffect(() => () => store.stopTyping(), [store]);
  const over = Array.from(text).length - MOST_CHARACTERS;

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
          Changing a message
          <button type="button" class="round" aria-label="Stop changing it" onClick={onEdited}>
            <Icon name="close" />
          </button>
        </p>
      )}
      <Problem text={over > 0 ? `That is ${over} characters too many.` : form.problem} />
      <div class="write">
        <div class="grow" data-text={text}>
          <textarea
            ref={field}
            rows={1}
            dir="auto"
            aria-label={editing === undefined ? 'Message' : 'Changed message'}
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
          onPointerDown={(event) => event.preventDefault() /* the keyboard on the screen stays */}
        >
          <Icon name={editing === undefined ? 'send' : 'check'} />
        </button>
      </div>
    </form>
  );
}

/** What is in the field: the draft of a new message, or of the change of an old one. */
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
