import sendgridMail from '@sendgrid/mail';
import { createTransport } from 'nodemailer';

export type MailConfig =
  /** `endpoint` is a base URL in SendGrid's place, for tests. */
  | { kind: 'sendgrid'; apiKey: string; from: string; endpoint?: string }
  | { kind: 'smtp'; url: string; from: string }
  /** Development: letters stay in memory for the outbox page, and are shown on the terminal with `print`. */
  | { kind: 'outbox'; print: boolean };

export type Letter = { to: string; subject: string; text: string };
export type KeptLetter = Letter & { at: Date };
/** Only the code of a carrier's error is kept: its message may quote the address or the text. */
type Failure = { code: string | number; permanent: boolean };

/** One way out of the house. */
export type Carrier = {
  readonly destination: string;
  /** One try, over within `TRY_TIMEOUT_MS`. Never rejects; resolves to undefined when the carrier took the letter. */
  deliver(letter: Letter): Promise<Failure | undefined>;
  /** Does the work of composing a letter, and drops it. Never rejects. */
  compose(letter: Letter): Promise<void>;
  /** Ends open connections, those in the middle of a try included. */
  close(): void;
  readonly outbox?: readonly KeptLetter[];
};

const TRY_TIMEOUT_MS = 10_000;
export const MAX_AT_ONCE = 4;
const MAX_KEPT = 200;

const SENDGRID_RATE_LIMITED = 429;

// The package's types leave out the class that it exports, and the client in each instance (8.1.6).
type Sendgrid = typeof sendgridMail & { client: { setDefaultRequest(key: string, value: unknown): unknown } };
const { MailService } = sendgridMail as typeof sendgridMail & { MailService: new () => Sendgrid };

/** SendGrid's v3 API, in an instance of its own: the package's shared one would mix up two apps in one process. */
export function sendgrid({ apiKey, from, endpoint }: MailConfig & { kind: 'sendgrid' }): Carrier {
  const service = new MailService();
  const closing = new AbortController();
  service.setApiKey(apiKey);
  service.setTimeout(TRY_TIMEOUT_MS);
  service.client.setDefaultRequest('signal', closing.signal);
  if (endpoint !== undefined) service.client.setDefaultRequest('baseUrl', endpoint);
  return {
    destination: 'SendGrid',
    deliver: (letter) => attempt(service.send({ ...letter, to: { email: letter.to }, from }), refusedBySendgrid),
    compose: async () => undefined, // SendGrid composes it
    close: () => closing.abort(),
  };
}

function refusedBySendgrid(error: unknown): boolean {
  const status = Number(property(error, 'code'));
  return status >= 400 && status < 500 && status !== SENDGRID_RATE_LIMITED;
}

/** A mail server, over pooled connections. What the URL says in its query (`?requireTLS=true`) wins over the options. */
export function smtp({ url, from }: MailConfig & { kind: 'smtp' }): Carrier {
  const confined = { disableFileAccess: true, disableUrlAccess: true };
  const transport = createTransport({ url, pool: true, maxConnections: MAX_AT_ONCE, maxRequeues: 1, ...confined });
  const composer = createTransport({ streamTransport: true, buffer: true, ...confined });
  const { protocol, host } = new URL(url);
  return {
    destination: `${protocol}//${host}`, // not the whole URL, which may hold a password
    deliver: (letter) => {
      const signal = AbortSignal.timeout(TRY_TIMEOUT_MS);
      const sent = transport.sendMail({ ...addressed(letter, from), signal });
      return attempt(sent, (error) => property(error, 'permanent') === true);
    },
    compose: (letter) => composer.sendMail(addressed(letter, from)).then(ignored, ignored),
    close: () => transport.close({ force: true }),
  };
}

/** The recipient as an object, so that a comma in the address cannot make two of it. */
const addressed = ({ to, subject, text }: Letter, from: string) => ({
  from,
  to: { name: '', address: to },
  subject,
  text,
});

const ignored = () => undefined;

async function attempt(sent: Promise<unknown>, isPermanent: (error: unknown) => boolean): Promise<Failure | undefined> {
  try {
    await sent;
    return undefined;
  } catch (error) {
    return { code: codeOf(error), permanent: isPermanent(error) };
  }
}

function codeOf(error: unknown): string | number {
  if (property(error, 'name') === 'AbortError') return 'ETIMEDOUT'; // nothing but the time limit aborts a try
  const code = property(error, 'responseCode') || property(error, 'code');
  return typeof code === 'string' || typeof code === 'number' ? code : 'unknown';
}

function property(error: unknown, name: string): unknown {
  return error instanceof Error ? Reflect.get(error, name) : undefined;
}

/** No carrier: the newest 200 letters in memory, newest first, each shown by `print` if one is given. */
export function outbox(print: ((block: string) => void) | undefined): Carrier {
  const letters: KeptLetter[] = [];
  return {
    destination: print ? 'this terminal and /dev/outbox' : '/dev/outbox',
    outbox: letters,
    compose: async () => undefined,
    deliver: async (letter) => {
      letters.unshift({ ...letter, at: new Date() });
      letters.splice(MAX_KEPT);
      print?.(block(letter));
      return undefined;
    },
    close: () => undefined,
  };
}

function block({ to, subject, text }: Letter): string {
  const line = '-'.repeat(72);
  const plain = `${line}\nTo: ${to}\nSubject: ${subject}\n\n${text.trimEnd()}\n${line}\n`;
  return plain.replace(/[^\P{Cc}\n]/gu, ''); // escape sequences would drive the developer's terminal
}
