import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ErrorMessage } from '../components/error-message.tsx';
import { Field } from '../components/field.tsx';
import type { Form } from '../components/use-form.ts';
import { mailOutboxUrl } from './mail-outbox.ts';

type Props = {
  email: string;
  otp: string;
  setOtp: (otp: string) => void;
  form: Form;
  submitLabel: string;
  onSubmit: () => Promise<void>;
  /** Requests another e-mail. */
  onResend: () => Promise<void>;
  onBack: () => void;
  /** Further fields. */
  children?: ComponentChildren;
};

/** The form for a one-time code that was sent by e-mail, with help if it does not arrive. */
export function OtpForm({ email, otp, setOtp, form, submitLabel, onSubmit, onResend, onBack, children }: Props) {
  const [notice, setNotice] = useState('');
  const field = useRef<HTMLDivElement>(null);
  useEffect(() => field.current?.querySelector('input')?.focus(), []);
  const resend = async () => {
    await onResend();
    setNotice('A new code is on its way. The old one no longer works.');
  };
  return (
    <form onSubmit={(event) => form.submit(event, onSubmit)}>
      <p>
        We have sent a code to <strong>{email}</strong>.
      </p>
      {mailOutboxUrl !== '' && (
        <p class="note">
          This is a test server:{' '}
          <a href={mailOutboxUrl} target="_blank" rel="noreferrer">
            open its outbox
          </a>{' '}
          in a new tab to see the e-mail.
        </p>
      )}
      <div ref={field}>
        <Field
          label="Code"
          name="otp"
          value={otp}
          onValue={setOtp}
          error={form.errorOf('otp')}
          inputMode="numeric"
          autocomplete="one-time-code"
          required
        />
      </div>
      <ErrorMessage text={form.error} />
      <p role="status">{notice}</p>
      <p class="links">
        <button type="button" class="link" onClick={() => form.submit(undefined, resend)}>
          Send another code
        </button>
        <button type="button" class="link" onClick={onBack}>
          Change what I entered
        </button>
      </p>
      {children}
      <button type="submit" class="primary" aria-disabled={form.busy}>
        {submitLabel}
      </button>
    </form>
  );
}
