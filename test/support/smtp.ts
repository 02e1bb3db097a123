import { EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerEnvelope } from 'smtp-server';

const NEXT_TIMEOUT_MS = 20_000;
const CLOSE_TIMEOUT_MS = 100;

/** An e-mail as one recipient receives it; the addresses are those of the envelope. */
type Email = { readonly from: string; readonly to: string; readonly subject: string; readonly text: string };

export type Smtp = {
  readonly url: string;
  readonly port: number;
  /** Every accepted e-mail, oldest first, once for each recipient. */
  readonly emails: readonly Email[];
  /** The oldest e-mail to this address that `next` has not returned yet. Waits for one; rejects after 5 s. */
  next(to: string): Promise<Email>;
  /** Refuses the given number of e-mails with a 451, a temporary failure. */
  failNext(count: number): void;
  stop(): Promise<void>;
};

export type SmtpSettings = {
  /** A free one by default. */
  port?: number;
  /** The key and certificate for TLS from the beginning of the connection. */
  secure?: { key: string; cert: string };
  /** Requires a login, and refuses every one. */
  refusesLogins?: boolean;
  /** The refusal of a recipient, such as `450 4.7.1 Greylisted`; undefined accepts it. */
  refusalOf?: (to: string) => string | undefined;
  /** Recipients that get no answer. */
  ignores?: (to: string) => boolean;
};

/** Starts a mail server on 127.0.0.1, by default without TLS. It accepts any user and password, and none, by default. */
export async function startSmtp(settings: SmtpSettings = {}): Promise<Smtp> {
  const { port: wanted = 0, secure, refusesLogins = false, refusalOf, ignores } = settings;
  const emails: Email[] = [];
  const unread = new Set<Email>();
  const changes = new EventEmitter().setMaxListeners(0);
  let failures = 0;

  async function receive(stream: SMTPServerDataStream, envelope: SMTPServerEnvelope): Promise<void> {
    // Latin-1 keeps every byte as one character until the part's own encoding is known.
    const received = readEmails(await text(stream.setEncoding('latin1')), envelope);
    if (failures > 0) {
      failures -= 1;
      throw Object.assign(new Error('Try again later'), { responseCode: 451 });
    }
    emails.push(...received);
    for (const email of received) unread.add(email);
    changes.emit('email');
  }

  const server = new SMTPServer({
    ...(secure && { secure: true, ...secure }),
    authOptional: !refusesLogins,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: CLOSE_TIMEOUT_MS,
    onAuth: (auth, _session, done) =>
      refusesLogins ? done(refusal('535 5.7.8 Wrong')) : done(null, { user: auth.username ?? 'anyone' }),
    onRcptTo: ({ address }, _session, done) => {
      if (ignores?.(address) === true) return;
      const answer = refusalOf?.(address);
      done(answer === undefined ? null : refusal(answer));
    },
    onData: (stream, session, done) => void receive(stream, session.envelope).then(() => done(), done),
  });
  server.on('error', () => undefined); // clients that disconnect, as some tests do on purpose
  const listening = server.listen(wanted, '127.0.0.1');
  await once(listening, 'listening');
  const { port } = listening.address() as AddressInfo; // a string only for a Unix socket

  return {
    url: `${secure === undefined ? 'smtp' : 'smtps'}://127.0.0.1:${port}`,
    port,
    emails,
    async next(to) {
      const signal = AbortSignal.timeout(NEXT_TIMEOUT_MS);
      for (;;) {
        const email = unread.values().find((candidate) => candidate.to === to);
        if (email && unread.delete(email)) return email;
        await once(changes, 'email', { signal }).catch((cause: unknown) => {
          throw new Error(`No e-mail to ${to} came within ${NEXT_TIMEOUT_MS} ms`, { cause });
        });
      }
    },
    failNext(count) {
      failures = count;
    },
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

const refusal = (answer: string) =>
  Object.assign(new Error(answer.slice(4)), { responseCode: Number(answer.slice(0, 3)) });

function readEmails(message: string, { mailFrom, rcptTo }: SMTPServerEnvelope): Email[] {
  const from = mailFrom ? mailFrom.address : '';
  const subject = splitPart(message).header('subject');
  const body = readText(message);
  return rcptTo.map(({ address }) => ({ from, to: address, subject, text: body }));
}

/** The text of a part, or of the first part in it: mail programs put the plain one first. */
function readText(part: string): string {
  const { header, body } = splitPart(part);
  const boundary = /boundary="?([^";]+)/.exec(header('content-type'))?.[1];
  if (boundary !== undefined) return readText(body.split(`--${boundary}\r\n`)[1] ?? '');
  return decode(body, header('content-transfer-encoding').toLowerCase()).replaceAll('\r\n', '\n').trimEnd();
}

function splitPart(part: string): { header(name: string): string; body: string } {
  const end = part.indexOf('\r\n\r\n');
  const headers = part.slice(0, end).replace(/\r\n[ \t]+/g, ' ');
  const header = (name: string) => new RegExp(`^${name}: *(.*)$`, 'im').exec(headers)?.[1] ?? '';
  return { header, body: part.slice(end + 4) };
}

function decode(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  if (encoding !== 'quoted-printable') return Buffer.from(body, 'latin1').toString('utf8');
  const bytes = body
    .replaceAll('=\r\n', '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
