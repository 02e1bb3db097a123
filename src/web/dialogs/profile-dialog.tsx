import type { Chat, Profile } from 'mmchat-client';
import { useState } from 'preact/hooks';
import { Avatar } from '../parts/avatar.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/field.tsx';
import { Problem } from '../parts/problem.tsx';
import { useForm } from '../parts/use-form.ts';

type Props = { chat: Chat; me: Profile; onClose: () => void };

/** How others see one, and the way out. */
export function ProfileDialog({ chat, me, onClose }: Props) {
  const [username, setUsername] = useState(me.username);
  const [picture, setPicture] = useState(me.profile_picture);
  const form = useForm();
  const save = async () => {
    await chat.ask('update_me', { username, profile_picture: picture.trim() });
    onClose();
  };
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
          hint="The address of a picture on the web, or nothing. Whoever sees it asks for it there."
          error={form.errorOf('profile_picture')}
          placeholder="https://…"
          autocomplete="off"
        />
        <Problem text={form.problem} />
        <div class="buttons">
          <button type="button" class="apart" onClick={() => form.submit(undefined, () => chat.signOut())}>
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
