import { ChatClientError } from 'mmchat-client';
import { useRef, useState } from 'preact/hooks';

export type Form = {
  readonly busy: boolean;
  /** What is wrong with the whole, as a sentence. */
  readonly problem: string | undefined;
  /** What is wrong with a field. */
  errorOf(field: string): string | undefined;
  /** Does the work unless some is under way, and keeps what went wrong for showing. */
  submit(event: Event | undefined, work: () => Promise<unknown>): void;
};

/** What all forms have in common: one submission at a time, and errors where they belong. */
export function useForm(): Form {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure>(NONE);
  const running = useRef(false); // the state is behind by one drawing, and a second click may be quicker
  return {
    busy,
    problem: failure.problem,
    errorOf: (field) => failure.fields.get(field),
    submit(event, work) {
      event?.preventDefault();
      if (running.current) return;
      running.current = true;
      setBusy(true);
      setFailure(NONE);
      work()
        .catch((error: unknown) => setFailure(failureOf(error)))
        .finally(() => {
          running.current = false;
          setBusy(false);
        });
    },
  };
}

type Failure = { problem: string | undefined; fields: ReadonlyMap<string, string> };
const NONE: Failure = { problem: undefined, fields: new Map() };

function failureOf(error: unknown): Failure {
  if (!(error instanceof ChatClientError)) throw error; // a fault of the page: it belongs into the console
  const fields = new Map(error.fields?.map(({ field, message }) => [field, message]));
  return { problem: fields.size > 0 ? undefined : sentenceOf(error), fields };
}

/** What went wrong, and when another try may help. */
export function sentenceOf({ message, retryAfter }: ChatClientError): string {
  if (retryAfter === undefined || retryAfter <= 0) return message;
  return `${message} Try again in ${retryAfter < 90 ? `${Math.ceil(retryAfter)} seconds` : `${Math.ceil(retryAfter / 60)} minutes`}.`;
}
