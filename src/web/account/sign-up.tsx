import { account } from 'mmchat-client';
import { useState } from 'preact/hooks';
import { Field } from '../parts/field.tsx';
import { Problem } from '../parts/problem.tsx';
import { useForm } from '../parts/use-form.ts';
import type { AccountForm } from './account-page.tsx';
import { CodeSent } from './code-sent.tsx';

/** Two steps: who you are, then the code from the letter. */
export function SignUp({ onEntered }: AccountForm) {
  const [username, setUsername] = useState('');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [otp, setOtp] = useState('');
  const [sent, setSent] = useState(false);
  const form = useForm();
  const send = async () => {
    await account().signupInitiate({ username, email, password });
    setSent(true);
  };
  const verify = async () => {
    await account().signupVerify({ username, email, password, otp: otp.trim() });
    onEntered();
  };
  const startAgain = () => {
    setSent(false);
    setOtp('');
  };
  if (sent) {
    return (
      <form onSubmit={(event) => form.submit(event, verify)}>
        <CodeSent {...{ email, otp, setOtp, form }} again={send} onBack={startAgain} />
        <button type="submit" class="primary" aria-disabled={form.busy}>
          Start chatting
        </button>
      </form>
    );
  }
  return (
    <form onSubmit={(event) => form.submit(event, send)}>
      <Field
        label="Username"
        name="username"
        value={username}
        onValue={setUsername}
        hint="3 to 32 letters, digits, _ . or -. Everybody can see it."
        error={form.errorOf('username')}
        autocomplete="username"
        autocapitalize="none"
        spellcheck={false}
        required
        autoFocus
      />
      <Field
        label="E-mail"
        name="email"
        type="email"
        value={email}
        onValue={setEmail}
        hint="A code is sent there. Only you can see it."
        error={form.errorOf('email')}
        autocomplete="email"
        required
      />
      <Field
        label="Password"
        name="password"
        type="password"
        value={password}
        onValue={setPassword}
        hint="At least 8 characters."
        error={form.errorOf('password')}
        autocomplete="new-password"
        required
      />
      <Problem text={form.problem} />
      <button type="submit" class="primary" aria-disabled={form.busy}>
        Send me a code
      </button>
      <nav class="ways" aria-label="Account">
        <a href="#/login">I have an account</a>
      </nav>
    </form>
  );
}
