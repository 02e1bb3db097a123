import { account } from 'mmchat-client';
import { useState } from 'preact/hooks';
import { Field } from '../parts/field.tsx';
import { Problem } from '../parts/problem.tsx';
import { useForm } from '../parts/use-form.ts';
import { CodeSent } from './code-sent.tsx';

type Step = 'address' | 'code' | 'done';

/** Three steps: the address, the code with a new password, and the way back to logging in. */
export function ForgotPassword() {
  const [email, setEmail] = useState('');
  const [otp, setOtp] = useState('');
  const [password, setPassword] = useState('');
  const [step, setStep] = useState<Step>('address');
  const form = useForm();
  const send = async () => {
    await account().forgotInitiate({ email });
    setStep('code');
  };
  const reset = async () => {
    await account().forgotReset({ email, otp: otp.trim(), new_password: password });
    setStep('done');
  };
  if (step === 'done') {
    return (
      <>
        <p role="status">Your password is changed, and you are logged out everywhere.</p>
        <p class="ways">
          <a href="#/login">Log in</a>
        </p>
      </>
    );
  }
  if (step === 'code') {
    return (
      <form onSubmit={(event) => form.submit(event, reset)}>
        <CodeSent {...{ email, otp, setOtp, form }} again={send} onBack={() => setStep('address')} />
        <Field
          label="New password"
          name="new_password"
          type="password"
          value={password}
          onValue={setPassword}
          hint="At least 8 characters."
          error={form.errorOf('new_password')}
          autocomplete="new-password"
          required
        />
        <button type="submit" class="primary" aria-disabled={form.busy}>
          Change my password
        </button>
      </form>
    );
  }
  return (
    <form onSubmit={(event) => form.submit(event, send)}>
      <Field
        label="E-mail"
        name="email"
        type="email"
        value={email}
        onValue={setEmail}
        hint="If it has an account, we send a code there."
        error={form.errorOf('email')}
        autocomplete="email"
        required
        autoFocus
      />
      <Problem text={form.problem} />
      <button type="submit" class="primary" aria-disabled={form.busy}>
        Send me a code
      </button>
      <nav class="ways" aria-label="Account">
        <a href="#/login">Back to logging in</a>
      </nav>
    </form>
  );
}
