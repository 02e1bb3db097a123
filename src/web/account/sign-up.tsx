import { account } from 'mmchat-client';
import { useState } from 'preact/hooks';
import { ErrorMessage } from '../components/error-message.tsx';
import { Field } from '../components/field.tsx';
import { useForm } from '../components/use-form.ts';
import type { AccountFormProps } from './form-props.ts';
import { OtpForm } from './otp-form.tsx';

/** Two steps: the account's data, then the code from the e-mail. */
export function SignUp({ onLoggedIn }: AccountFormProps) {
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
    onLoggedIn();
  };
  const startAgain = () => {
    setSent(false);
    setOtp('');
  };
  if (sent) {
    return (
      <OtpForm
        {...{ email, otp, setOtp, form }}
        submitLabel="Start chatting"
        onSubmit={verify}
        onResend={send}
        onBack={startAgain}
      />
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
        hint="We send a code there. Only you can see your address."
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
      <ErrorMessage text={form.error} />
      <button type="submit" class="primary" aria-disabled={form.busy}>
        Send me a code
      </button>
      <nav class="links" aria-label="Account">
        <a href="#/login">I already have an account</a>
      </nav>
    </form>
  );
}
