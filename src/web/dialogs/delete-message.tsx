import type { ConversationStore, ShownMessage } from '../../client/client.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Problem } from '../parts/problem.tsx';
import { useForm } from '../parts/use-form.ts';

type Props = { store: ConversationStore; message: ShownMessage; onClose: () => void };

export function DeleteMessage({ store, message, onClose }: Props) {
  const form = useForm();
  const remove = () => store.remove(message.id ?? 0).then(onClose);
  return (
    <Dialog title="Delete this message?" onClose={onClose}>
      <p class="quoted">{message.content}</p>
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
