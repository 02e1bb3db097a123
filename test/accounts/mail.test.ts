import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { createMail, type Letter, type Mail, type MailConfig } from '../../src/accounts/mail.ts';
import { startSendGrid } from '../support/sendgrid.ts';
import { startSmtp } from '../support/smtp.ts';

const FROM = 'chat@mmchat.example';
const LETTER: Letter = { to: 'alice@example.com', subject: 'Grüße', text: 'Your code:\n\n246810\n\nBye – MmChat' };
const DRAIN_MS = 8_000;

type Entry = { level: 'warn' | 'error'; fields: object; message: string };
const cleanups: (() => unknown)[] = [];

function start(config: MailConfig): { mail: Mail; entries: Entry[]; printed: string[] } {
  const entries: Entry[] = [];
  const printed: string[] = [];
  const record = (level: Entry['level']) => (fields: object, message: string) =>
    void entries.push({ level, fields, message });
  const log = { warn: record('warn'), error: record('error') };
  const mail = createMail(config, log, (lines) => printed.push(lines));
  cleanups.push(() => mail.close());
  return { mail, entries, printed };
}

async function smtpServer() {
  const server = await startSmtp();
  cleanups.push(() => server.stop());
  return server;
}

async function sendGridServer() {
  const server = await startSendGrid();
  cleanups.push(() => server.stop());
  return server;
}

/** A SendGrid in trouble: gives these statuses in turn, each after a moment; never answers once they are used up. */
async function troubledSendGrid(statuses: number[]) {
  const seen = { requests: 0, open: 0, mostOpen: 0 };
  const server = createServer((_request, response) => {
    const status = statuses[seen.requests++];
    seen.mostOpen = Math.max(seen.mostOpen, ++seen.open);
    if (status === undefined) return;
    setTimeout(() => {
      seen.open -= 1;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ errors: [{ message: `cannot mail ${LETTER.to}` }] }));
    }, 20);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  cleanups.push(() => server.close().closeAllConnections());
  const { port } = server.address() as AddressInfo; // a string only for a Unix socket
  return {
    seen,
    config: { kind: 'sendgrid', apiKey: 'SG.key', from: FROM, endpoint: `http://127.0.0.1:${port}` } as const,
  };
}

const letterTo = (name: string | number): Letter => ({ ...LETTER, to: `${name}@example.com` });

describe('mail', function () {
  this.timeout(15_000);

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  describe('over SMTP', () => {
    it('reaches its one reader whole, logged in with the credentials of the URL', async () => {
      const server = await smtpServer();
      const { mail, entries } = start({
        kind: 'smtp',
        url: server.url.replace('//', '//user:secret@'),
        from: `MmChat <${FROM}>`,
      });
      mail.send(LETTER);
      const { from, to, text } = await server.next(LETTER.to);
      await mail.drain(DRAIN_MS);
      expect({ from, to, text }).to.deep.equal({ from: FROM, to: LETTER.to, text: LETTER.text });
      expect(server.letters).to.have.length(1);
      expect(entries).to.deep.equal([]);
      expect(mail.outbox).to.equal(undefined);
    });

    it('names the server and its port, never the credentials', () => {
      const { mail } = start({
        kind: 'smtp',
        url: 'smtps://user:secret@mail.example.com:465?requireTLS=true',
        from: FROM,
      });
      expect(mail.destination).to.equal('smtps://mail.example.com:465');
    });

    it('tries again when the server says that it is a bad moment', async () => {
      const server = await smtpServer();
      server.failNext(1);
      const { mail, entries } = start({ kind: 'smtp', url: server.url, from: FROM });
      mail.send(LETTER);
      expect((await server.next(LETTER.to)).text).to.equal(LETTER.text);
      expect(entries).to.deep.equal([
        {
          level: 'warn',
          fields: { carrier: server.url, code: 451, tries: 1 },
          message: 'mail will try a letter again',
        },
      ]);
    });

    it('gives up after three tries, logs neither address nor text, and delivers the next letter', async () => {
      const server = await smtpServer();
      server.failNext(3);
      const { mail, entries } = start({ kind: 'smtp', url: server.url, from: FROM });
      mail.send(LETTER);
      await mail.drain(DRAIN_MS);
      expect(entries.map(({ level }) => level)).to.deep.equal(['warn', 'warn', 'error']);
      expect(entries[2]?.fields).to.deep.equal({ carrier: server.url, code: 451, tries: 3 });
      expectNoSecrets(entries);
      mail.send(letterTo('bob'));
      await mail.drain(DRAIN_MS);
      expect(server.letters.map(({ to }) => to)).to.deep.equal(['bob@example.com']);
      expect(entries).to.have.length(3);
    });

    it('does not let a comma in an address make two readers of it', async () => {
      const server = await smtpServer();
      const { mail } = start({ kind: 'smtp', url: server.url, from: FROM });
      mail.send({ ...LETTER, to: 'mallory@example.com, alice@example.com' });
      await mail.drain(DRAIN_MS);
      expect(server.letters.map(({ to }) => to)).not.to.include(LETTER.to);
    });
  });

  describe('over SendGrid', () => {
    it('is one plain-text request that bears the key', async () => {
      const server = await sendGridServer();
      const { mail, entries } = start({ kind: 'sendgrid', apiKey: 'SG.key', from: FROM, endpoint: server.url });
      mail.send(LETTER);
      await mail.drain(DRAIN_MS);
      expect(mail.destination).to.equal('SendGrid');
      expect(entries).to.deep.equal([]);
      expect(server.requests).to.have.length(1);
      expect(server.requests[0]?.authorization).to.equal('Bearer SG.key');
      expect(server.requests[0]?.body).to.deep.include({
        from: { email: FROM },
        personalizations: [{ to: [{ email: LETTER.to }] }],
        subject: LETTER.subject,
        content: [{ type: 'text/plain', value: LETTER.text }],
      });
    });

    it('tries again after 429 and after 503', async () => {
      const { config, seen } = await troubledSendGrid([429, 503, 202]);
      const { mail, entries } = start(config);
      mail.send(LETTER);
      await mail.drain(DRAIN_MS);
      expect(seen.requests).to.equal(3);
      expect(entries.map(({ level, fields }) => ({ level, ...fields }))).to.deep.equal([
        { level: 'warn', carrier: 'SendGrid', code: 429, tries: 1 },
        { level: 'warn', carrier: 'SendGrid', code: 503, tries: 2 },
      ]);
    });

    it('gives up at once on a refusal, and does not log what the refusal quotes', async () => {
      const { config, seen } = await troubledSendGrid([400, 202]);
      const { mail, entries } = start(config);
      mail.send(LETTER);
      await mail.drain(DRAIN_MS);
      expect(seen.requests).to.equal(1);
      expect(entries).to.deep.equal([
        { level: 'error', fields: { carrier: 'SendGrid', code: 400, tries: 1 }, message: 'mail gave up on a letter' },
      ]);
      expectNoSecrets(entries);
    });
  });

  describe('waiting', () => {
    it('has four letters on their way at once, and no more', async () => {
      const { config, seen } = await troubledSendGrid(Array.from({ length: 12 }, () => 202));
      const { mail } = start(config);
      for (let number = 0; number < 12; number += 1) mail.send(letterTo(number));
      await mail.drain(DRAIN_MS);
      expect(seen).to.deep.equal({ requests: 12, open: 0, mostOpen: 4 });
    });

    it('is drained for as long as was asked and no longer, and closing tells what was lost', async () => {
      const { config } = await troubledSendGrid([]);
      const { mail, entries } = start(config);
      for (let number = 0; number < 6; number += 1) mail.send(letterTo(number));
      const before = performance.now();
      await mail.drain(100);
      expect(performance.now() - before).to.be.within(95, 1_000);
      mail.close();
      mail.send(LETTER);
      await mail.drain(DRAIN_MS);
      expect(entries.map(({ message }) => message)).to.deep.equal([
        'mail closed before every letter was sent',
        'mail refused a letter',
      ]);
      expect(entries[0]?.fields).to.deep.equal({ carrier: 'SendGrid', lost: 6 });
      expectNoSecrets(entries);
    });

    it('later goes out after a random delay, and one that is not to be delivered waits and is composed as well', async () => {
      const server = await smtpServer();
      const { mail } = start({ kind: 'smtp', url: server.url, from: FROM });
      for (let number = 0; number < 5; number += 1) {
        mail.sendLater(letterTo(number), true);
        mail.sendLater({ ...LETTER, to: 'nobody@example.com' }, false);
      }
      expect(mail.queued()).to.equal(10);
      expect(server.letters).to.have.length(0);
      await mail.drain(DRAIN_MS);
      expect(mail.queued()).to.equal(0);
      const recipients = server.letters.map(({ to }) => to);
      expect(recipients).to.have.members(Array.from({ length: 5 }, (_, number) => letterTo(number).to));
    });

    it('is drained at once when there is nothing to send', async () => {
      await start({ kind: 'outbox', print: false }).mail.drain(60_000);
    });

    it('is refused beyond 10,000 letters', async () => {
      const { mail, entries } = start({ kind: 'outbox', print: false });
      for (let number = 0; number < 10_001; number += 1) mail.send(letterTo(number));
      await mail.drain(DRAIN_MS);
      expect(entries.map(({ level, message }) => ({ level, message }))).to.deep.equal([
        { level: 'error', message: 'mail refused a letter' },
      ]);
      expect(mail.outbox?.[0]?.to).to.equal('9999@example.com');
    });
  });
});

function expectNoSecrets(entries: Entry[]): void {
  const logged = JSON.stringify(entries);
  expect(entries, 'nothing was logged, so this proves nothing').not.to.have.length(0);
  for (const secret of ['example.com', '246810', LETTER.subject]) expect(logged).not.to.include(secret);
}
