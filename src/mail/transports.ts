import type sendgridMail from '@sendgrid/mail';
import { type Failure, sendgridFailure, smtpFailure } from './failures.ts';

export type MailConfig =
  /** `endpoint` replaces SendGrid's base URL, for tests. */
  | { kind: 'sendgrid'; apiKey: string; from: string; endpoint?: string }
  | { kind: 'smtp'; url: string; from: string }
  /** For development: e-mails are kept in memory for the outbox page, and with `print` also written to the terminal. */
  | { kind: 'outbox'; print: boolean };

export type Email = {
  to: string;
  subject: string;
  text: string;
  /** How long delivering it is useful, in milliseconds; an hour by default. */
  ttlMs?: number;
  /** Of several e-mails with the same key only the newest is delivered. */
  replaces?: string;
  /** Called before each attempt: whether the e-mail is still useful. */
  isWanted?: () => Promise<boolean>;
};
export type OutboxEmail = Pick<Email, 'to' | 'subject' | 'text'> & { at: Date };

export type MailTransport = {
  readonly destination: string;
  /** Makes one attempt, bounded in time. Never rejects; resolves to undefined if the e-mail was accepted. */
  deliver(email: Email): Promise<Failure | undefined>;
  /** Composes an e-mail and drops it. Never rejects. */
  compose(email: Email): Promise<void>;
  /** Closes all connections, also those of running attempts. */
  close(): void;
  readonly outbox?: readonly OutboxEmail[];
};

/** Mail servers delay the greeting and the reply to unknown senders. */
const ATTEMPT_TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 10_000;
export const MAX_CONCURRENT = 4;
const MAX_KEPT = 200;

// The package's types leave out the class that it exports, and the client in each instance (8.1.6).
type Sendgrid = typeof sendgridMail & { client: { setDefaultRequest(key: string, value: unknown): unknown } };
type SendgridModule = { default: typeof sendgridMail & { MailService: new () => Sendgrid } };

/** SendGrid's v3 API, with its own instance: the package's shared one would mix up two apps in one process. */
export function sendgrid(
  { apiKey, from, endpoint }: MailConfig & { kind: 'sendgrid' },
  attemptTimeoutMs = ATTEMPT_TIMEOUT_MS,
): MailTransport {
  const closing = new AbortController();
  async function createService(): Promise<Sendgrid> {
    const { MailService } = ((await import('@sendgrid/mail')) as SendgridModule).default;
    const service = new MailService();
    service.setApiKey(apiKey);
    service.setTimeout(attemptTimeoutMs);
    service.client.setDefaultRequest('signal', closing.signal);
    if (endpoint !== undefined) service.client.setDefaultRequest('baseUrl', endpoint);
    return service;
  }
  const service = createService();
  return {
    destination: 'SendGrid',
    deliver: async ({ to, subject, text }) =>
      attempt((await service).send({ subject, text, to: { email: to }, from }), sendgridFailure),
    compose: async () => undefined, // SendGrid composes it
    close: () => closing.abort(),
  };
}

/** A mail server, over pooled connections. The query of the URL (`?requireTLS=true`) overrides the options. */
export function smtp(
  { url, from }: MailConfig & { kind: 'smtp' },
  attemptTimeoutMs = ATTEMPT_TIMEOUT_MS,
): MailTransport {
  const confined = { disableFileAccess: true, disableUrlAccess: true };
  const within = {
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: attemptTimeoutMs,
    socketTimeout: attemptTimeoutMs,
  };
  const pooled = { pool: true, maxConnections: MAX_CONCURRENT, maxRequeues: 1 } as const;
  async function createTransports() {
    const { createTransport } = await import('nodemailer');
    const composer = createTransport({ streamTransport: true, buffer: true, ...confined });
    return { sender: createTransport({ url, ...pooled, ...within, ...confined }), composer };
  }
  const transports = createTransports();
  const { protocol, host } = new URL(url);
  return {
    destination: `${protocol}//${host}`, // not the whole URL, which may contain a password
    deliver: async (email) => {
      const { sender } = await transports;
      const signal = AbortSignal.timeout(attemptTimeoutMs);
      return attempt(sender.sendMail({ ...messageOf(email, from), signal }), smtpFailure);
    },
    compose: async (email) => {
      const { composer } = await transports;
      await composer.sendMail(messageOf(email, from)).catch(ignore);
    },
    close: () => void transports.then(({ sender }) => sender.close({ force: true })),
  };
}

/** The recipient is an object, so that a comma in the address cannot make it two addresses. */
const messageOf = ({ to, subject, text }: Email, from: string) => ({
  from,
  to: { name: '', address: to },
  subject,
  text,
});

const ignore = () => undefined;

async function attempt(sent: Promise<unknown>, describe: (error: unknown) => Failure): Promise<Failure | undefined> {
  try {
    await sent;
    return undefined;
  } catch (error) {
    return describe(error);
  }
}

/** Sends nothing: keeps the newest 200 e-mails in memory, newest first, and passes each to `print` if given. */
export function outbox(print: ((block: string) => void) | undefined): MailTransport {
  const emails: OutboxEmail[] = [];
  return {
    destination: print ? 'this terminal and /dev/outbox' : '/dev/outbox',
    outbox: emails,
    compose: async () => undefined,
    deliver: async (email) => {
      const { to, subject, text } = email;
      emails.unshift({ to, subject, text, at: new Date() });
      emails.splice(MAX_KEPT);
      print?.(plainText(email));
      return undefined;
    },
    close: () => undefined,
  };
}

function plainText({ to, subject, text }: Email): string {
  const line = '-'.repeat(72);
  const plain = `${line}\nTo: ${to}\nSubject: ${subject}\n\n${text.trimEnd()}\n${line}\n`;
  return plain.replace(/[^\P{Cc}\n]/gu, ''); // escape sequences would control the developer's terminal
}
