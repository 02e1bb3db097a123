import type { Chat } from 'mmchat-client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ErrorMessage } from '../components/error-message.tsx';
import { Field } from '../components/field.tsx';
import { useForm } from '../components/use-form.ts';

type Props = { chat: Chat; username: string; onDone: () => void };

/** Changes the password, given the old one; all other devices are logged out. */
export function PasswordForm({ chat, username, onDone }: Props) {
  const [password, setPassword] = useState('');
  const [next, setNext] = useState('');
  const [done, setDone] = useState(false);
  const form = useForm();
  const fields = useRef<HTMLFormElement>(null);
  useEffect(() => fields.current?.querySelector<HTMLInputElement>('input[type=password]')?.focus(), []);
  const change = async () => {
    await chat.ask('change_password', { password, new_password: next });
    setDone(true);
  };
  if (done) {
    return (
      <>
        <p role="status">Your password is changed, and all other devices are logged out.</p>
        <div class="buttons">
          <button type="button" class="primary" onClick={onDone}>
            Done
          </button>
        </div>
      </>
    );
  }
  return (
    <form ref={fields} onSubmit={(event) => form.submit(event, change)}>
      {/* for password managers */}
      <input type="text" autocomplete="username" value={username} hidden readOnly />
      <Field
        label="Old password"
        name="password"
        type="password"
        value={password}
        onValue={setPassword}
        error={form.errorOf('password')}
        autocomplete="current-password"
        required
      />
      <Field
        label="New password"
        name="new_password"
        type="password"
        value={next}
        onValue={setNext}
        hint="At least 8 characters. All other devices are logged out."
        error={form.errorOf('new_password')}
        autocomplete="new-password"
        required
      />
      <ErrorMessage text={form.error} />
      <div class="buttons">
        <button type="submit" class="primary" aria-disabled={form.busy}>
          Change my password
        </button>
      </div>
    </form>
  );
}
