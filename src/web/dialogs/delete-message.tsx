import type { ConversationStore, ShownMessage } from 'mmchat-client';
import { useRef } from 'preact/hooks';
import { limitCombiningMarks } from '../components/combining-marks.ts';
import { Dialog } from '../components/dialog.tsx';
import { ErrorMessage } from '../components/error-message.tsx';
import { useForm } from '../components/use-form.ts';

type Props = { store: ConversationStore; message: ShownMessage; onClose: () => void };

export function DeleteMessage({ store, message, onClose }: Props) {
  const form = useForm();
  const removed = useRef(false);
  const remove = async () => {
    await store.remove(message.id ?? 0);
    removed.current = true;
    onClose();
  };
  // the button that had the focus disappears with the message
  const focusAfter = () => (removed.current ? document.querySelector<HTMLElement>('.history .scroller') : null);
  return (
    <Dialog title="Delete this message?" onClose={onClose} focusAfter={focusAfter}>
      <p class="quoted">{limitCombiningMarks(message.content)}</p>
      <p>It is deleted for everybody in the conversation.</p>
      <ErrorMessage text={form.error} />
      <div class="buttons">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" class="danger" aria-disabled={form.busy} onClick={(e) => form.submit(e, remove)}>
          Delete
        </button>
      </div>
    </Dialog>
  );
}
