import { ChatClientError } from 'mmchat-client';
import { useRef, useState } from 'preact/hooks';

export type Form = {
  readonly busy: boolean;
  /** The error of the form as a whole, as a sentence. */
  readonly error: string | undefined;
  /** The error of a field. */
  errorOf(field: string): string | undefined;
  /** Runs `work` unless it is already running, and stores its error for display. */
  submit(event: Event | undefined, work: () => Promise<unknown>): void;
};

/** The state of a form: one submission at a time, and its errors. */
export function useForm(): Form {
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<FormErrors>(NO_ERRORS);
  const isRunning = useRef(false); // the state changes only with the next render, and a second click may be faster
  return {
    busy,
    error: errors.error,
    errorOf: (field) => errors.fields.get(field),
    submit(event, work) {
      event?.preventDefault();
      if (isRunning.current) return;
      isRunning.current = true;
      setBusy(true);
      setErrors(NO_ERRORS);
      work()
        .catch((error: unknown) => setErrors(formErrorsOf(error)))
        .finally(() => {
          isRunning.current = false;
          setBusy(false);
        });
    },
  };
}

type FormErrors = { error: string | undefined; fields: ReadonlyMap<string, string> };
const NO_ERRORS: FormErrors = { error: undefined, fields: new Map() };

function formErrorsOf(error: unknown): FormErrors {
  if (!(error instanceof ChatClientError)) throw error; // a bug of the page: shown in the console
  const fields = new Map(error.fields?.map(({ field, message }) => [field, message]));
  return { error: fields.size > 0 ? undefined : sentenceOf(error), fields };
}

/** The error's message, and when to retry. */
export function sentenceOf({ message, retryAfter }: ChatClientError): string {
  if (retryAfter === undefined || retryAfter <= 0) return message;
  return `${message} Try again in ${retryAfter < 90 ? `${Math.ceil(retryAfter)} seconds` : `${Math.ceil(retryAfter / 60)} minutes`}.`;
}
