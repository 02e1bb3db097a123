import type { ConversationStore, ShownMessage } from 'mmchat-client';
import { useRef } from 'preact/hooks';
import { Dialog } from '../parts/dialog.tsx';
import { drawable } from '../parts/marks.ts';
import { Problem } from '../parts/problem.tsx';
import { useForm } from '../parts/use-form.ts';

type Props = { store: ConversationStore; message: ShownMessage; onClose: () => void };

export function DeleteMessage({ store, message, onClose }: Props) {
  const form = useForm();
  const removed = useRef(false);
  const remove = async () => {
    await store.remove(message.id ?? 0);
    removed.current = true;
    onClose();
  };
  // the button that had the focus goes with the message
  const focusAfter = () => (removed.current ? document.querySelector<HTMLElement>('.history .scroller') : null);
  return (
    <Dialog title="Delete this message?" onClose={onClose} focusAfter={focusAfter}>
      <p class="quoted">{drawable(message.content)}</p>
      <p>It disappears for everybody in the conversation.</p>
      <Problem text={form.problem} />
      <div class="buttons">
        <button type="button" onClick={onClose}>
          Keep it
        </button>
        <button type="button" class="danger" aria-disabled={form.busy} onClick={(e) => form.submit(e, remove)}>
          Delete
        </button>
      </div>
    </Dialog>
  );
}
