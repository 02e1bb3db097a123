import type { ConversationStore } from 'mmchat-client';
import { useState } from 'preact/hooks';
import { ErrorMessage } from '../components/error-message.tsx';
import { Field } from '../components/field.tsx';
import { useForm } from '../components/use-form.ts';

export function RenameGroup({ store, name: current }: { store: ConversationStore; name: string }) {
  const [name, setName] = useState(current);
  const form = useForm();
  const changed = name.trim() !== '' && name.trim() !== current;
  return (
    <form class="rename" onSubmit={(event) => form.submit(event, () => store.rename(name.trim()))}>
      <Field
        label="Name"
        name="name"
        value={name}
        onValue={setName}
        error={form.errorOf('name')}
        maxLength={100}
        autocomplete="off"
        required
      />
      {changed && (
        <button type="submit" aria-disabled={form.busy}>
          Rename
        </button>
      )}
      <ErrorMessage text={form.error} />
    </form>
  );
}
