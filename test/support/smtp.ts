import { EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerEnvelope } from 'smtp-server';

const NEXT_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 100;

/** A letter as one recipient gets it; the addresses are the envelope's. */
type Letter = { readonly from: string; readonly to: string; readonly subject: string; readonly text: string };

export type Smtp = {
  readonly url: string;
  /** Every letter that was accepted, oldest first, once for each recipient. */
  readonly letters: readonly Letter[];
  /** The oldest letter to this address that no `next` has given yet. Waits for one; rejects after 5 s. */
  next(to: string): Promise<Letter>;
  /** Refuses the next letters, as many as told, with a 451: a failure that may pass. */
  failNext(count: number): void;
  stop(): Promise<void>;
};

/** Starts a mail server on a free port of 127.0.0.1, without TLS. It accepts any user and password, and none. */
export async function startSmtp(): Promise<Smtp> {
  const letters: Letter[] = [];
  const unread = new Set<Letter>();
  const arrivals = new EventEmitter().setMaxListeners(0);
  let failures = 0;

  async function receive(stream: SMTPServerDataStream, envelope: SMTPServerEnvelope): Promise<void> {
    // Latin-1 keeps every byte as one character until the part's own encoding is known.
    const received = readLetters(await text(stream.setEncoding('latin1')), envelope);
    if (failures > 0) {
      failures -= 1;
      throw Object.assign(new Error('Try again later'), { responseCode: 451 });
    }
    letters.push(...received);
    for (const letter of received) unread.add(letter);
    arrivals.emit('letter');
  }

  const server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: CLOSE_TIMEOUT_MS,
    onAuth: (auth, _session, done) => done(null, { user: auth.username ?? 'anyone' }),
    onData: (stream, session, done) => void receive(stream, session.envelope).then(() => done(), done),
  });
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const { port } = listening.address() as AddressInfo; // a string only for a Unix socket

  return {
    url: `smtp://127.0.0.1:${port}`,
    letters,
    async next(to) {
      const signal = AbortSignal.timeout(NEXT_TIMEOUT_MS);
      for (;;) {
        const letter = unread.values().find((candidate) => candidate.to === to);
        if (letter && unread.delete(letter)) return letter;
        await once(arrivals, 'letter', { signal }).catch((cause: unknown) => {
          throw new Error(`No letter to ${to} came within ${NEXT_TIMEOUT_MS} ms`, { cause });
        });
      }
    },
    failNext(count) {
      failures = count;
    },
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

function readLetters(message: string, { mailFrom, rcptTo }: SMTPServerEnvelope): Letter[] {
  const from = mailFrom ? mailFrom.address : '';
  const subject = splitPart(message).header('subject');
  const body = readText(message);
  return rcptTo.map(({ address }) => ({ from, to: address, subject, text: body }));
}

/** The text of a part, or of the first part inside it: mail programs put the plain one first. */
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
