import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { expect } from 'chai';
import { createTransport } from 'nodemailer';
import { createClient } from 'redis';
import { makeTemporaryFolder, removeTemporaryFolder, startProcess } from './support/processes.ts';
import { startSendGrid } from './support/sendgrid.ts';
import { postgresql, redis, requirePostgresql, requireRedis } from './support/services.ts';
import { startSmtp } from './support/smtp.ts';

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const connected = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return connected;
}

describe('The test support', () => {
  const opened: { stop(): unknown }[] = [];

  /** Stops a resource after the test, passed or failed: an open one keeps mocha from ending. */
  function closing<Opened extends { stop(): unknown }>(resource: Opened): Opened {
    opened.push(resource);
    return resource;
  }

  afterEach(async () => {
    for (const resource of opened.splice(0)) await resource.stop();
  });

  describe('for processes', () => {
    it('waits until a program reports that it is ready, and stops it', async () => {
      const program = await startProcess('sh', ['-c', 'echo ready; exec sleep 60'], { ready: /^ready$/m });
      await program.stop();
      expect(await program.ended).to.equal(null);
    });

    it('returns the output of a program that ends before it is ready', async () => {
      const failure = await startProcess('sh', ['-c', 'echo no >&2'], { ready: /yes/ }).catch(String);
      expect(failure).to.match(/did not become ready:\nno/);
    });

    it('removes its temporary folders', () => {
      const folder = makeTemporaryFolder('test');
      expect(existsSync(folder)).to.equal(true);
      removeTemporaryFolder(folder);
      expect(existsSync(folder)).to.equal(false);
    });
  });

  describe('for PostgreSQL', function () {
    this.timeout(120_000);

    it('gives every caller the same server, and a separate empty database', async function () {
      const server = await requirePostgresql(this);
      expect(await postgresql()).to.equal(server);
      const [first, second] = await Promise.all([server.createDatabase(), server.createDatabase()]);
      await server.query(first, 'create table of_the_first ()');
      expect(await server.query(second, "select 1, to_regclass('of_the_first') is null")).to.equal('1|t');
      await Promise.all([server.dropDatabase(first), server.dropDatabase(second)]);
      expect(await server.query(first, 'select 1').catch(String)).to.include('does not exist');
    });

    it('loses no commit when the server is killed', async function () {
      const server = await requirePostgresql(this);
      const url = await server.createDatabase();
      await server.query(url, 'create table kept as select 42 as answer');
      await server.kill('SIGKILL');
      expect(await isListening(server.port)).to.equal(false);
      await server.restart();
      expect(await server.query(url, 'select answer from kept')).to.equal('42');
      await server.dropDatabase(url);
    });
  });

  describe('for Redis', () => {
    it('gives every caller the same server, which is empty after a restart, on the same port', async function () {
      const server = await requireRedis(this);
      expect(await redis()).to.equal(server);
      const client = createClient({ url: server.url });
      client.on('error', () => {}); // it loses its connection on purpose, and reconnects by itself
      await client.connect();
      closing({ stop: () => client.destroy() });
      expect(await client.ping()).to.equal('PONG');
      await client.set('key', 'value');
      const again = new Promise((resolve) => client.once('ready', resolve));
      await server.restart();
      await again;
      expect(await client.get('key')).to.equal(null);
    });
  });

  describe('for mail', () => {
    const longLine = 'A line that is too long to be sent as it is. '.repeat(20).trim();
    const text = `Your code is 123456 – keep it.\n\n${longLine}`;

    it('receives an e-mail, before or after it is requested', async () => {
      const smtp = closing(await startSmtp());
      const transport = createTransport(smtp.url);
      const email = { from: 'chat@example.org', to: 'ann@example.org', subject: 'Your code' };
      for (const encoding of ['quoted-printable', 'base64'] as const) {
        await transport.sendMail({ ...email, text, textEncoding: encoding });
        expect(await smtp.next('ann@example.org')).to.deep.equal({ ...email, text });
      }
      const next = smtp.next('ann@example.org');
      await transport.sendMail({ ...email, text, html: '<p>Your code</p>' });
      expect(await next).to.deep.equal({ ...email, text });
      expect(smtp.emails).to.have.length(3);
    });

    it('refuses the requested number of e-mails', async () => {
      const smtp = closing(await startSmtp());
      const transport = createTransport(smtp.url);
      const email = { from: 'chat@example.org', to: 'ann@example.org', subject: 'Hello', text: 'Hello' };
      smtp.failNext(1);
      const refusal = await transport.sendMail(email).catch((error: { responseCode: number }) => error.responseCode);
      expect(refusal).to.equal(451);
      expect(smtp.emails).to.deep.equal([]);
      await transport.sendMail(email);
      expect(smtp.emails).to.deep.equal([email]);
    });

    it('records requests to SendGrid', async () => {
      const sendGrid = closing(await startSendGrid());
      const body = { subject: 'Hello' };
      const headers = { authorization: 'Bearer key' };
      const endpoint = `${sendGrid.url}/v3/mail/send`;
      const answer = await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify(body) });
      expect(answer.status).to.equal(202);
      expect(sendGrid.requests).to.deep.equal([{ authorization: 'Bearer key', body }]);
      expect((await fetch(endpoint)).status).to.equal(404);
    });
  });
});
