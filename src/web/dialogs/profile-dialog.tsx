import type { Chat, Profile } from 'mmchat-client';
import { useState } from 'preact/hooks';
import { Avatar } from '../components/avatar.tsx';
import { Dialog } from '../components/dialog.tsx';
import { ErrorMessage } from '../components/error-message.tsx';
import { Field } from '../components/field.tsx';
import { useForm } from '../components/use-form.ts';
import { PasswordForm } from './password-form.tsx';

type Props = { chat: Chat; me: Profile; onClose: () => void };

/** The user's profile, and the logout. */
export function ProfileDialog({ chat, me, onClose }: Props) {
  const [username, setUsername] = useState(me.username);
  const [picture, setPicture] = useState(me.profile_picture);
  const [changing, setChanging] = useState(false);
  const form = useForm();
  const save = async () => {
    await chat.ask('update_me', { username, profile_picture: picture.trim() });
    onClose();
  };
  if (changing) {
    return (
      <Dialog title="Change your password" onClose={onClose}>
        <PasswordForm chat={chat} username={me.username} onDone={onClose} />
      </Dialog>
    );
  }
  return (
    <Dialog title="Your profile" onClose={onClose}>
      <form onSubmit={(event) => form.submit(event, save)}>
        <p class="preview">
          <Avatar name={username} picture={picture} size="large" />
          <span>{me.email}</span>
        </p>
        <Field
          label="Username"
          name="username"
          value={username}
          onValue={setUsername}
          error={form.errorOf('username')}
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
        />
        <Field
          label="Picture"
          name="profile_picture"
          type="url"
          value={picture}
          onValue={setPicture}
          hint="The web address of a picture, or empty. Other users’ browsers load it from there."
          error={form.errorOf('profile_picture')}
          placeholder="https://…"
          autocomplete="off"
        />
        <p class="links">
          <button type="button" class="link" onClick={() => setChanging(true)}>
            Change password
          </button>
        </p>
        <ErrorMessage text={form.error} />
        <div class="buttons">
          <button type="button" class="align-left" onClick={() => form.submit(undefined, () => chat.signOut())}>
            Log out
          </button>
          <button type="submit" class="primary" aria-disabled={form.busy}>
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}
