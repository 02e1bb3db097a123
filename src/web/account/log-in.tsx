import { account } from 'mmchat-client';
import { useState } from 'preact/hooks';
import { Field } from '../parts/field.tsx';
import { Problem } from '../parts/problem.tsx';
import { useForm } from '../parts/use-form.ts';
import type { AccountForm } from './account-page.tsx';

export function LogIn({ onEntered }: AccountForm) {
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const form = useForm();
  const logIn = async () => {
    await account().login({ username, password });
    onEntered();
  };
  return (
    <form onSubmit={(event) => form.submit(event, logIn)}>
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
        autoFocus
      />
      <Field
        label="Password"
        name="password"
        type="password"
        value={password}
        onValue={setPassword}
        error={form.errorOf('password')}
        autocomplete="current-password"
        required
      />
      <Problem text={form.problem} />
      <button type="submit" class="primary" aria-disabled={form.busy}>
        Log in
      </button>
      <nav class="ways" aria-label="Account">
        <a href="#/signup">Make an account</a>
        <a href="#/forgot">Forgot your password?</a>
      </nav>
    </form>
  );
}
