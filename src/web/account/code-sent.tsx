import { useEffect, useRef, useState } from 'preact/hooks';
import { Field } from '../parts/field.tsx';
import { Problem } from '../parts/problem.tsx';
import type { Form } from '../parts/use-form.ts';
import { outboxAddress } from './outbox.ts';

type Props = {
  email: string;
  otp: string;
  setOtp: (otp: string) => void;
  form: Form;
  /** Asks for another letter. */
  again: () => Promise<void>;
  onBack: () => void;
};

/** A letter is under way: the field for its code, and what to do when it does not come. */
export function CodeSent({ email, otp, setOtp, form, again, onBack }: Props) {
  const [told, setTold] = useState('');
  const field = useRef<HTMLDivElement>(null);
  useEffect(() => field.current?.querySelector('input')?.focus(), []);
  const sendAgain = async () => {
    await again();
    setTold('A new code is on its way; the old one works no more.');
  };
  return (
    <>
      <p>
        We have sent a code to <strong>{email}</strong>.
      </p>
      {outboxAddress !== '' && (
        <p class="note">
          This server is being tried out:{' '}
          <a href={outboxAddress} target="_blank" rel="noreferrer">
            open its outbox
          </a>{' '}
          in a new tab to see the letter.
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
      <Problem text={form.problem} />
      <p role="status">{told}</p>
      <p class="ways">
        <button type="button" class="link" onClick={() => form.submit(undefined, sendAgain)}>
          Send another code
        </button>
        <button type="button" class="link" onClick={onBack}>
          Change what I entered
        </button>
      </p>
    </>
  );
}
