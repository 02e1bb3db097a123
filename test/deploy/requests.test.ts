import { type IncomingMessage, request } from 'node:http';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import { numbersOf, until } from '../monitoring/operator.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { rest } from '../support/clients.ts';
import { type HoldingProxy, startHoldingProxy } from '../support/holding-proxy.ts';
import type { Person } from '../support/people.ts';
import { type ProxyName, type RunningProxy, requireProgram, startProxy } from './proxy.ts';

for (const name of ['nginx', 'haproxy'] as const satisfies ProxyName[]) {
  describe(`A request through ${name}, with the configuration of deploy/`, () => {
    let binary: string;
    let app: TestApp;
    let proxy: RunningProxy;
    let person: Person;
    /** Two TCP proxies to one server: for the proxy they are two nodes. */
    let lines: HoldingProxy[] = [];
    /** All requests that reached them. */
    let seen = '';

    before(async function () {
      binary = requireProgram(this, name);
      app = await startApp();
      const { port } = new URL(app.url);
      const see = (text: string) => {
        seen += text;
      };
      lines = await Promise.all([startHoldingProxy(Number(port), see), startHoldingProxy(Number(port), see)]);
      person = await app.person();
    });
    // a new one each time, which has no node marked as down
    beforeEach(async () => {
      const nodes = lines.map((line) => `127.0.0.1:${line.port}`);
      proxy = await startProxy(name, binary, nodes);
    });
    afterEach(() => proxy.stop());
    after(async () => {
      for (const line of lines) line.cut();
      await app?.stop();
    });

    it('does not reach the pages for operators and developers, in any spelling', async () => {
      const plain = ['/metrics', '/readyz', '/dev/outbox'];
      const spelt = plain.flatMap((path) => [
        path,
        `${path}/`,
        `${path}?of=all`,
        path.toUpperCase(),
        `/${path}`,
        path.replace(/[a-z]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
      ]);
      for (const path of spelt) {
        const { statusCode, headers } = await ask({ path });
        expect(statusCode, path).to.equal(404);
        expect(headers, path).not.to.have.property('x-request-id'); // which each answer of the server has
      }
      expect((await ask({ path: '/healthz' })).headers).to.have.property('x-request-id');
    });

    it('keeps its Host with the port, so that the origin of a page on any port is recognised', async () => {
      const statusFrom = async (host: string, origin: string) => {
        const headers = { host, origin, authorization: `Bearer ${person.token}` };
        return (await ask({ method: 'POST', path: '/api/ws/ticket', headers })).statusCode;
      };
      expect(await statusFrom('chat.example.com', 'https://chat.example.com')).to.equal(200);
      expect(await statusFrom('chat.example.com:443', 'https://chat.example.com')).to.equal(200);
      expect(await statusFrom('chat.example.com:8443', 'https://chat.example.com:8443')).to.equal(200);
      expect(await statusFrom('chat.example.com:8443', 'https://chat.example.com')).to.equal(403);
      expect(await statusFrom('chat.example.com', 'https://evil.example.com')).to.equal(403);
    });

    it('keeps its Host when it opens a WebSocket', async () => {
      const open = (origin: string) =>
        new Promise<unknown>((resolve) => {
          const headers = { host: 'chat.example.com:8443', authorization: `Bearer ${person.token}` };
          const socket = new WebSocket(`${proxy.url.replace('http', 'ws')}/api/ws`, { origin, headers });
          socket.once('unexpected-response', (_, { statusCode }) => resolve(statusCode));
          socket.once('error', resolve).once('open', () => {
            socket.close();
            resolve('open');
          });
        });
      expect(await open('https://chat.example.com:8443')).to.equal('open');
      expect(await open('https://evil.example.com')).to.equal(403);
    });

    it('is cancelled when its client disconnects, so that a polling user is offline at once', async () => {
      const polling = async () => (await numbersOf(app.url)).get('mmchat_connections{transport="polling"}') ?? 0;
      const breakOff = await poll();
      expect(await polling()).to.equal(1);
      breakOff();
      await until(async () => (await polling()) === 0);
    });

    it('is not retried if it was a POST whose answer was lost', async () => {
      const reader = await app.person();
      const receiver = await reader.raw();
      const { conversation_id } = await person.rest.ask('open_private_conversation', { other_user_id: reader.id });
      for (const line of lines) line.hold('answers');
      const answer = ask({
        method: 'POST',
        path: '/api/messages',
        headers: { authorization: `Bearer ${person.token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ conversation_id, content: 'said once' }),
      });
      await receiver.inbox.next('message', { content: 'said once' });
      loseAnswers();
      expect((await answer).statusCode).to.equal(502);
      const { messages } = await rest(app.url, person.token).ask('list_messages', { conversation_id });
      expect((messages as { content: string }[]).filter(({ content }) => content === 'said once')).to.have.length(1);
    });

    it('is retried at another node if it only reads', async () => {
      const asked = async () => (await numbersOf(app.url)).get('mmchat_http_requests_total{status="401"}') ?? 0;
      const before = await asked();
      for (const line of lines) line.hold('answers');
      const answer = ask({ path: '/api/me' });
      await until(async () => (await asked()) > before);
      loseAnswers();
      expect((await answer).statusCode).to.equal(401);
      expect(await asked()).to.equal(before + 2);
    });

    /** A Socket.IO client that waits in a poll, and then breaks the connection. */
    async function poll() {
      const at = `${proxy.url}/socket.io/?EIO=4&transport=polling`;
      const headers = { authorization: `Bearer ${person.token}` };
      const opened = await (await fetch(at, { headers })).text();
      const { sid } = JSON.parse(opened.slice(1));
      const url = `${at}&sid=${sid}`;
      const body = `40/chat,${JSON.stringify({ token: person.token })}`;
      await fetch(url, { method: 'POST', headers, body });
      await (await fetch(url, { headers })).text();
      const stop = new AbortController();
      fetch(url, { headers, signal: stop.signal }).catch(() => undefined);
      await until(async () => seen.match(new RegExp(`GET .*${sid}`, 'g'))?.length === 2);
      return () => stop.abort();
    }

    function loseAnswers(): void {
      for (const line of lines) {
        line.drop();
        line.release();
      }
    }

    type Asked = { method?: string; path: string; headers?: Record<string, string>; body?: string };

    /** Sends a request with an unchanged path and any Host. */
    function ask({ body = '', ...asked }: Asked): Promise<IncomingMessage> {
      const { hostname, port } = new URL(proxy.url);
      return new Promise((resolve, reject) => {
        const sent = request({ hostname, port, ...asked }, (answer) => resolve(answer.resume()));
        sent.on('error', reject).end(body);
      });
    }
  });
}
