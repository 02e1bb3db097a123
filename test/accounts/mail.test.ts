import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { createMail, type Email, type Mail, type MailConfig } from '../../src/mail/mail.ts';
import { Conditions } from '../../src/monitoring/conditions.ts';
import { startSendGrid } from '../support/sendgrid.ts';
import { type SmtpSettings, startSmtp } from '../support/smtp.ts';

const FROM = 'chat@mmchat.example';
const EMAIL: Email = { to: 'alice@example.com', subject: 'Grüße', text: 'Your code:\n\n246810\n\nBye – MmChat' };
const DRAIN_MS = 8_000;

type Entry = { level: 'info' | 'warn' | 'error'; fields: Record<string, unknown>; message: string };
const cleanups: (() => unknown)[] = [];

const QUICK = { pauses: { firstMs: 40, longestMs: 100 }, attemptTimeoutMs: 400 };

function start(config: MailConfig, options: object = QUICK): { mail: Mail; entries: Entry[]; printed: string[] } {
  const entries: Entry[] = [];
  const printed: string[] = [];
  const record = (level: Entry['level']) => (fields: object, message: string) =>
    void entries.push({ level, fields: { ...fields }, message });
  const log = { info: record('info'), warn: record('warn'), error: record('error') };
  const conditions = new Conditions(log as never); // the methods of pino that it uses
  const mail = createMail(config, log, { conditions, print: (lines) => printed.push(lines), ...options });
  cleanups.push(() => mail.close());
  return { mail, entries, printed };
}

async function smtpServer(settings: SmtpSettings = {}) {
  const server = await startSmtp(settings);
  cleanups.push(() => server.stop());
  return server;
}

async function sendGridServer() {
  const server = await startSendGrid();
  cleanups.push(() => server.stop());
  return server;
}

/** A failing SendGrid: answers with these statuses in turn, each after a moment; then never again. */
async function troubledSendGrid(statuses: number[]) {
  const seen = { requests: 0, open: 0, mostOpen: 0 };
  const server = createServer((_request, response) => {
    const status = statuses[seen.requests++];
    seen.mostOpen = Math.max(seen.mostOpen, ++seen.open);
    if (status === undefined) return;
    setTimeout(() => {
      seen.open -= 1;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ errors: [{ message: `cannot mail ${EMAIL.to}` }] }));
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

const emailTo = (name: string | number): Email => ({ ...EMAIL, to: `${name}@example.com` });

describe('mail', function () {
  this.timeout(120_000);

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  describe('over SMTP', () => {
    it('arrives complete at its one recipient, after a login with the credentials of the URL', async () => {
      const server = await smtpServer();
      const { mail, entries } = start({
        kind: 'smtp',
        url: server.url.replace('//', '//user:secret@'),
        from: `MmChat <${FROM}>`,
      });
      mail.send(EMAIL);
      const { from, to, text } = await server.next(EMAIL.to);
      await mail.drain(DRAIN_MS);
      expect({ from, to, text }).to.deep.equal({ from: FROM, to: EMAIL.to, text: EMAIL.text });
      expect(server.emails).to.have.length(1);
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

    it('does not split an address with a comma into two recipients', async () => {
      const server = await smtpServer();
      const { mail } = start({ kind: 'smtp', url: server.url, from: FROM });
      mail.send({ ...EMAIL, to: 'mallory@example.com, alice@example.com' });
      await mail.drain(DRAIN_MS);
      expect(server.emails.map(({ to }) => to)).not.to.include(EMAIL.to);
    });
  });

  describe('over SendGrid', () => {
    it('is one plain-text request that contains the key', async () => {
      const server = await sendGridServer();
      const { mail, entries } = start({ kind: 'sendgrid', apiKey: 'SG.key', from: FROM, endpoint: server.url });
      mail.send(EMAIL);
      await mail.drain(DRAIN_MS);
      expect(mail.destination).to.equal('SendGrid');
      expect(entries).to.deep.equal([]);
      expect(server.requests).to.have.length(1);
      expect(server.requests[0]?.authorization).to.equal('Bearer SG.key');
      expect(server.requests[0]?.body).to.deep.include({
        from: { email: FROM },
        personalizations: [{ to: [{ email: EMAIL.to }] }],
        subject: EMAIL.subject,
        content: [{ type: 'text/plain', value: EMAIL.text }],
      });
    });

    it('is dropped after a refusal, whose text is not logged', async () => {
      const { config, seen } = await troubledSendGrid([400, 202]);
      const { mail, entries } = start(config);
      mail.send(EMAIL);
      await mail.drain(DRAIN_MS);
      expect(seen.requests).to.equal(1);
      expect(entries).to.deep.equal([
        {
          level: 'error',
          fields: {
            carrier: 'SendGrid',
            cause: 'SendGrid refused the e-mail',
            code: 400,
            tries: 1,
            why: 'it was refused',
          },
          message: 'mail gave up on an e-mail',
        },
      ]);
      expectNoSecrets(entries);
    });
  });

  describe('in the queue', () => {
    it('is sent four e-mails at a time', async () => {
      const { config, seen } = await troubledSendGrid(Array.from({ length: 12 }, () => 202));
      const { mail } = start(config);
      for (let number = 0; number < 12; number += 1) mail.send(emailTo(number));
      await mail.drain(DRAIN_MS);
      expect(seen).to.deep.equal({ requests: 12, open: 0, mostOpen: 4 });
    });

    it('is drained no longer than the given time, and closing reports the lost e-mails', async () => {
      const { config } = await troubledSendGrid([]);
      const { mail, entries } = start(config);
      for (let number = 0; number < 6; number += 1) mail.send(emailTo(number));
      const before = performance.now();
      await mail.drain(100);
      expect(performance.now() - before).to.be.within(95, 1_000);
      mail.close();
      mail.send(EMAIL);
      await mail.drain(DRAIN_MS);
      expect(entries.map(({ message }) => message)).to.deep.equal([
        'mail closed before every e-mail was sent',
        'mail refused an e-mail',
      ]);
      expect(entries[0]?.fields).to.deep.equal({ carrier: 'SendGrid', lost: 6 });
      expectNoSecrets(entries);
    });

    it('is delayed at random if requested, and composed also if it is not to be delivered', async () => {
      const server = await smtpServer();
      const { mail } = start({ kind: 'smtp', url: server.url, from: FROM });
      for (let number = 0; number < 5; number += 1) {
        mail.sendLater(emailTo(number), true);
        mail.sendLater({ ...EMAIL, to: 'nobody@example.com' }, false);
      }
      expect(mail.queued()).to.equal(10);
      expect(server.emails).to.have.length(0);
      await mail.drain(DRAIN_MS);
      expect(mail.queued()).to.equal(0);
      const recipients = server.emails.map(({ to }) => to);
      expect(recipients).to.have.members(Array.from({ length: 5 }, (_, number) => emailTo(number).to));
    });

    it('is drained at once if the queue is empty', async () => {
      await start({ kind: 'outbox', print: false }).mail.drain(60_000);
    });

    it('is refused beyond 10,000 e-mails', async () => {
      const { mail, entries } = start({ kind: 'outbox', print: false });
      for (let number = 0; number < 10_001; number += 1) mail.send(emailTo(number));
      await mail.drain(DRAIN_MS);
      expect(entries.map(({ level, message }) => ({ level, message }))).to.deep.equal([
        { level: 'error', message: 'mail refused an e-mail' },
      ]);
      expect(mail.outbox?.[0]?.to).to.equal('9999@example.com');
    });
  });
});

function expectNoSecrets(entries: Entry[]): void {
  const logged = JSON.stringify(entries);
  expect(entries, 'nothing was logged, so this proves nothing').not.to.have.length(0);
  for (const secret of ['example.com', '246810', EMAIL.subject]) expect(logged).not.to.include(secret);
}
