import { account } from 'mmchat-client';
import { useState } from 'preact/hooks';
import { ErrorMessage } from '../components/error-message.tsx';
import { Field } from '../components/field.tsx';
import { useForm } from '../components/use-form.ts';
import { OtpForm } from './otp-form.tsx';

type Step = 'address' | 'code' | 'done';

/** Three steps: the e-mail address, the code with a new password, and a link to the login. */
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
        <p class="links">
          <a href="#/login">Log in</a>
        </p>
      </>
    );
  }
  if (step === 'code') {
    return (
      <OtpForm
        {...{ email, otp, setOtp, form }}
        submitLabel="Change my password"
        onSubmit={reset}
        onResend={send}
        onBack={() => setStep('address')}
      >
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
      </OtpForm>
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
      <ErrorMessage text={form.error} />
      <button type="submit" class="primary" aria-disabled={form.busy}>
        Send me a code
      </button>
      <nav class="links" aria-label="Account">
        <a href="#/login">Back to login</a>
      </nav>
    </form>
  );
}
