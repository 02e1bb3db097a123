import { account } from 'mmchat-client';
import { useState } from 'preact/hooks';
import { ErrorMessage } from '../components/error-message.tsx';
import { Field } from '../components/field.tsx';
import { useForm } from '../components/use-form.ts';
import type { AccountFormProps } from './form-props.ts';

export function LogIn({ onLoggedIn }: AccountFormProps) {
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const form = useForm();
  const logIn = async () => {
    await account().login({ username, password });
    onLoggedIn();
  };
  return (
    <form onSubmit={(event) => form.submit(event, logIn)}>
      <Field
        label="Username or e-mail address"
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
      <ErrorMessage text={form.error} />
      <button type="submit" class="primary" aria-disabled={form.busy}>
        Log in
      </button>
      <nav class="links" aria-label="Account">
        <a href="#/signup">Create an account</a>
        <a href="#/forgot">Forgot your password?</a>
      </nav>
    </form>
  );
}
