import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { expect } from 'chai';
import { createMail, type Email, type Mail, type MailConfig } from '../../src/mail/mail.ts';
import { CONDITIONS, Conditions } from '../../src/monitoring/conditions.ts';
import { Authority } from '../support/certificates.ts';
import { type Smtp, type SmtpSettings, startSmtp } from '../support/smtp.ts';

const FROM = 'chat@mmchat.example';
const EMAIL: Email = { to: 'alice@example.com', subject: 'Your code', text: '246810' };
const DRAIN_MS = 10_000;
const TRY_TIMEOUT_MS = 500;
const OPTIONS = { print: () => undefined, pauses: { firstMs: 40, longestMs: 120 }, attemptTimeoutMs: TRY_TIMEOUT_MS };
const { begins, ends } = CONDITIONS.mail_unavailable;

type Entry = { level: string; fields: Record<string, unknown>; message: string };
const cleanups: (() => unknown)[] = [];

function start(config: MailConfig): { mail: Mail; entries: Entry[] } {
  const entries: Entry[] = [];
  const at = (level: string) => (fields: object, message: string) =>
    void entries.push({ level, fields: { ...fields }, message });
  const log = { info: at('info'), warn: at('warn'), error: at('error') };
  const mail = createMail(config, log, { conditions: new Conditions(log as never), ...OPTIONS }); // what it uses of pino
  cleanups.push(() => mail.close());
  return { mail, entries };
}

async function smtpServer(settings: SmtpSettings = {}): Promise<Smtp> {
  const server = await startSmtp(settings);
  cleanups.push(() => server.stop());
  return server;
}

const over = ({ url }: { url: string }): MailConfig => ({ kind: 'smtp', url, from: FROM });
const emailTo = (to: string, more: Partial<Email> = {}): Email => ({ ...EMAIL, to, ...more });
const messages = (entries: Entry[]) => entries.map(({ message }) => message);
const recipients = ({ emails }: Smtp) => emails.map(({ to }) => to);

/** Waits for a log line. */
async function line(entries: Entry[], message: string): Promise<Entry> {
  for (let tries = 0; tries < 500; tries += 1) {
    const found = entries.find((each) => each.message === message);
    if (found !== undefined) return found;
    await sleep(10);
  }
  throw new Error(`no line "${message}" among ${JSON.stringify(entries)}`);
}

function expectNoSecrets(entries: Entry[]): void {
  const logged = JSON.stringify(entries);
  expect(entries, 'nothing was logged, so this proves nothing').not.to.have.length(0);
  for (const secret of ['alice', 'example.com', '246810', 'secret']) expect(logged).not.to.include(secret);
}

describe('E-mails while the mail server is down', function () {
  this.timeout(120_000);
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  it('arrive once each when it is up again; the log reports the beginning and the end', async () => {
    const first = await startSmtp();
    const { mail, entries } = start(over(first));
    await first.stop();
    for (let number = 0; number < 20; number += 1) mail.send(emailTo(`${number}@example.com`));
    const begun = await line(entries, begins);
    expect(begun).to.deep.include({ level: 'error' });
    expect(begun.fields).to.include({
      condition: 'mail_unavailable',
      state: 'begun',
      code: 'ECONNREFUSED',
      cause: 'nothing listens at the address of the mail server',
    });
    expect(begun.fields.next).to.include('SMTP_URL');
    await sleep(400); // several attempts
    const again = await smtpServer({ port: first.port });
    await mail.drain(DRAIN_MS);
    expect(recipients(again).sort()).to.deep.equal(Array.from({ length: 20 }, (_, at) => `${at}@example.com`).sort());
    expect(messages(entries)).to.deep.equal([begins, ends]);
  });

  it('are dropped with a log line when their code has expired, which frees the queue', async () => {
    const first = await startSmtp();
    const { mail, entries } = start(over(first));
    await first.stop();
    mail.send({ ...EMAIL, ttlMs: 300 });
    mail.send(emailTo('bob@example.com'));
    const dropped = await line(entries, 'mail gave up on an e-mail');
    expect(dropped.level).to.equal('error');
    expect(dropped.fields).to.include({ code: 'ECONNREFUSED', why: 'it has expired' });
    expectNoSecrets(entries);
    expect(mail.queued()).to.equal(1);
    const again = await smtpServer({ port: first.port });
    await mail.drain(DRAIN_MS);
    expect(recipients(again)).to.deep.equal(['bob@example.com']);
  });

  it('are dropped when a newer e-mail replaces them, and when their code is no longer the newest', async () => {
    const first = await startSmtp();
    const { mail, entries } = start(over(first));
    await first.stop();
    let wanted = true;
    mail.send({ ...EMAIL, text: '111111', replaces: 'alice' });
    mail.send(emailTo('bob@example.com', { isWanted: async () => wanted }));
    mail.send(emailTo('carol@example.com', { isWanted: () => Promise.reject(new Error('no database')) }));
    await line(entries, begins);
    mail.send({ ...EMAIL, text: '222222', replaces: 'alice' });
    mail.send({ ...EMAIL, text: '333333', replaces: 'alice' });
    wanted = false;
    await sleep(200);
    const again = await smtpServer({ port: first.port });
    await mail.drain(DRAIN_MS);
    expect(again.emails.map(({ text }) => text).sort()).to.deep.equal([EMAIL.text, '333333']);
    expect(messages(entries)).to.deep.equal([begins, ends]);
  });

  const silent = async () => {
    const server = createServer(() => undefined).on('connection', (socket) => socket.on('error', () => undefined));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    cleanups.push(() => server.close().closeAllConnections());
    return { url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}` };
  };
  const causes: Record<
    string,
    { of: () => Promise<{ url: string }>; code: string | number; cause: RegExp; next: RegExp }
  > = {
    'does not answer': {
      of: silent,
      code: 'ETIMEDOUT',
      cause: /^the mail server did not answer in time$/,
      next: /port 25/,
    },
    'has an unknown name': {
      of: async () => ({ url: 'smtp://mail.invalid:25' }),
      code: 'ENOTFOUND',
      cause: /^the name of the mail server cannot be resolved$/,
      next: /SMTP_URL/,
    },
    'refuses the login': {
      of: async () => {
        const { url } = await smtpServer({ refusesLogins: true });
        return { url: url.replace('//', '//alice:secret@') };
      },
      code: 535,
      cause: /^the mail server refused the login$/,
      next: /user and the password in SMTP_URL/,
    },
    'has no TLS on the port': {
      of: async () => {
        const { url } = await smtpServer();
        return { url: url.replace('smtp:', 'smtps:') };
      },
      code: 'ERR_SSL_WRONG_VERSION_NUMBER',
      cause: /^the mail server does not speak TLS on this port$/,
      next: /smtp:\/\//,
    },
  };
  for (const [what, { of, code, cause, next }] of Object.entries(causes))
    it(`name the cause when it ${what}`, async () => {
      const { mail, entries } = start(over(await of()));
      mail.send(EMAIL);
      const { fields } = await line(entries, begins);
      expect(fields.code).to.equal(code);
      expect(fields.cause).to.match(cause);
      expect(fields.next).to.match(next);
      expectNoSecrets(entries);
      expect(mail.queued(), 'it is still retried').to.equal(1);
    });

  describe('behind a certificate', () => {
    const trusted = getCACertificates('default');
    const authority = new Authority();
    before(() => setDefaultCACertificates([...trusted, authority.cert]));
    after(() => {
      setDefaultCACertificates(trusted);
      for (const each of [authority, strange]) each.remove();
    });

    const strange = new Authority();
    const certificates = {
      CERT_HAS_EXPIRED: { made: () => authority.issue({ names: 'IP:127.0.0.1', forDays: -1 }), cause: 'has expired' },
      ERR_TLS_CERT_ALTNAME_INVALID: {
        made: () => authority.issue({ names: 'DNS:other.example' }),
        cause: 'is for another name',
      },
      UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
        made: () => strange.issue({ names: 'IP:127.0.0.1' }),
        cause: 'is from an unknown authority',
      },
    };
    for (const [code, { made, cause }] of Object.entries(certificates))
      it(`that ${cause} is named as the cause`, async () => {
        const { mail, entries } = start(over(await smtpServer({ secure: made() })));
        mail.send(EMAIL);
        const { fields } = await line(entries, begins);
        expect(fields).to.include({ code, cause: `the certificate of the mail server ${cause}` });
        expect(fields.next).to.be.a('string').and.not.equal(CONDITIONS.mail_unavailable.next);
      });

    it('that is trusted lets e-mails arrive', async () => {
      const server = await smtpServer({ secure: authority.issue({ names: 'IP:127.0.0.1' }) });
      const { mail, entries } = start(over(server));
      mail.send(EMAIL);
      await mail.drain(DRAIN_MS);
      expect(recipients(server)).to.deep.equal([EMAIL.to]);
      expect(entries).to.deep.equal([]);
    });
  });
});

describe('An e-mail that is refused', function () {
  this.timeout(120_000);
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  it('temporarily by greylisting is retried until it is accepted, and the log reports the reply once', async () => {
    let refusals = 3;
    const server = await smtpServer({
      refusalOf: () => (refusals-- > 0 ? '450 4.7.1 <alice@example.com>: Greylisted' : undefined),
    });
    const { mail, entries } = start(over(server));
    mail.send(EMAIL);
    await mail.drain(DRAIN_MS);
    expect(recipients(server)).to.deep.equal([EMAIL.to]);
    expect(entries).to.have.length(1);
    expect(entries[0]).to.deep.include({ level: 'warn', message: 'mail will retry an e-mail' });
    expect(entries[0]?.fields).to.deep.include({
      code: 450,
      status: '4.7.1',
      cause: 'the mail server temporarily refused the recipient, because of security or its policy for senders',
      tries: 1,
    });
    expectNoSecrets(entries.map((entry) => ({ ...entry, fields: { ...entry.fields, carrier: '' } })));
  });

  it('permanently is dropped with one log line', async () => {
    const server = await smtpServer({
      refusalOf: (to) => (to === EMAIL.to ? `550 5.1.1 <${to}>: No such user` : undefined),
    });
    const { mail, entries } = start(over(server));
    mail.send(EMAIL);
    mail.send(emailTo('bob@example.com'));
    await mail.drain(DRAIN_MS);
    expect(recipients(server)).to.deep.equal(['bob@example.com']);
    expect(messages(entries)).to.deep.equal(['mail gave up on an e-mail']);
    expect(entries[0]?.fields).to.include({
      code: 550,
      status: '5.1.1',
      cause: 'the mail server permanently refused the recipient, because of the address',
    });
    expectNoSecrets(entries.map((entry) => ({ ...entry, fields: { ...entry.fields, carrier: '' } })));
  });

  it('delays no others: a hundred to a domain that refuses, and one to another', async () => {
    const server = await smtpServer({
      refusalOf: (to) => (to.endsWith('@slow.example') ? '451 4.3.0 Later' : undefined),
    });
    const { mail } = start(over(server));
    for (let number = 0; number < 100; number += 1) mail.send(emailTo(`${number}@slow.example`));
    await sleep(300);
    mail.send(EMAIL);
    await server.next(EMAIL.to);
    expect(mail.queued()).to.be.within(100, 101); // the delivered one may not be removed yet
  });

  it('delays no others if the recipient’s domain never answers', async () => {
    const server = await smtpServer({ ignores: (to) => to.endsWith('@slow.example') });
    const { mail } = start(over(server));
    for (let number = 0; number < 20; number += 1) mail.send(emailTo(`${number}@slow.example`));
    await sleep(3 * TRY_TIMEOUT_MS);
    const before = performance.now();
    for (let number = 0; number < 10; number += 1) mail.send(emailTo(`${number}@example.com`));
    for (let number = 0; number < 10; number += 1) await server.next(`${number}@example.com`);
    expect(performance.now() - before).to.be.below(2 * TRY_TIMEOUT_MS);
    expect(mail.queued(), 'need the slow ones to be still queued').to.be.at.least(20);
  });
});

describe('SendGrid with a Retry-After', function () {
  this.timeout(120_000);
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function sendGrid(answers: ((response: ServerResponse) => void)[]) {
    const at: number[] = [];
    const server = createServer((request, response) => {
      request.resume();
      at.push(performance.now());
      const answer = answers.shift() ?? ((each: ServerResponse) => each.writeHead(202).end());
      answer(response);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    cleanups.push(() => server.close().closeAllConnections());
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { at, config: { kind: 'sendgrid', apiKey: 'SG.secret', from: FROM, endpoint } as const };
  }
  const refuse = (status: number, retryAfter?: string) => (response: ServerResponse) =>
    response
      .writeHead(status, { ...(retryAfter && { 'retry-after': retryAfter }), 'content-type': 'application/json' })
      .end(JSON.stringify({ errors: [{ message: `cannot mail ${EMAIL.to}` }] }));

  it('receives no e-mail before that time, and then all of them', async () => {
    const { at, config } = await sendGrid([refuse(429, '1')]);
    const { mail, entries } = start(config);
    mail.send(EMAIL);
    await line(entries, begins);
    for (let number = 0; number < 5; number += 1) mail.send(emailTo(`${number}@example.com`));
    await mail.drain(DRAIN_MS);
    const [first = 0, second = 0] = at;
    expect(second - first).to.be.within(990, 3_000);
    expect(at).to.have.length(7);
    expect(entries.map(({ level, message }) => [level, message])).to.deep.equal([
      ['error', begins],
      ['info', ends],
    ]);
    expect(entries[0]?.fields).to.include({ code: 429, cause: 'SendGrid temporarily accepts no more e-mails' });
    expectNoSecrets(entries);
  });

  it('may name a date, and report an internal error', async () => {
    const { at, config } = await sendGrid([refuse(503, new Date(Date.now() + 2_000).toUTCString())]);
    const { mail, entries } = start(config);
    mail.send(EMAIL);
    await mail.drain(DRAIN_MS);
    expect((at[1] ?? 0) - (at[0] ?? 0)).to.be.within(500, 4_000);
    expect(entries[0]?.fields).to.include({ code: 503, cause: 'SendGrid reports an internal error' });
  });

  it('that refuses the key leaves e-mails in the queue, and the log names the variable', async () => {
    const { config } = await sendGrid([refuse(401), refuse(401)]);
    const { mail, entries } = start(config);
    mail.send(EMAIL);
    const { fields } = await line(entries, begins);
    expect(fields).to.include({ code: 401, cause: 'SendGrid refused the key or the sender' });
    expect(fields.next).to.include('SENDGRID_API_KEY');
    await mail.drain(DRAIN_MS);
    expect(messages(entries)).to.deep.equal([begins, ends]);
    expectNoSecrets(entries);
  });
});
