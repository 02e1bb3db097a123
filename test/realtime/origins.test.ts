import { once } from 'node:events';
import { request } from 'node:http';
import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';
import type { Person } from '../support/people.ts';
import { closeAll, upgrade } from './connecting.ts';

const ALLOWED = 'https://chat.example.com';
const FOREIGN = [
  'https://evil.example',
  'http://chat.example.com',
  'https://chat.example.com:444',
  'https://chat.example.com.evil.example',
  'https://evil.example/?https://chat.example.com',
  'null',
  'file://',
];

describe('The origin of a page', () => {
  let app: TestApp;
  let alice: Person;
  before(async () => {
    app = await startApp('sqlite', { CORS_ORIGINS: `https://other.example,${ALLOWED}` });
    alice = await app.person('alice');
  });
  after(() => app.stop());
  afterEach(closeAll);

  const own = () => app.url;
  const put = (origin: string | undefined, cookie = alice.cookie, body = '{}') =>
    fetch(`${app.url}/api/me`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', cookie, ...(origin !== undefined && { origin }) },
      body,
    });

  it('is refused in a request that changes something when it is neither our own nor allowed', async () => {
    for (const origin of FOREIGN) {
      const response = await put(origin);
      expect(response.status, origin).to.equal(403);
      expect(await response.json()).to.include({ success: false, code: 'forbidden_origin' });
      expect(response.headers.get('access-control-allow-origin')).to.equal(null);
    }
    for (const path of ['login', 'logout', 'signup/initiate', 'messages']) {
      const headers = { origin: 'https://evil.example', cookie: alice.cookie, 'content-type': 'application/json' };
      const response = await fetch(`${app.url}/api/${path}`, { method: 'POST', headers, body: '{}' });
      expect(response.status, path).to.equal(403);
    }
  });

  it('may be our own, an allowed one, or none as with a program', async () => {
    for (const origin of [own(), ALLOWED, 'https://other.example', undefined]) {
      expect((await put(origin)).status, origin).to.equal(200);
    }
  });

  it('may read nothing unless it is allowed: an answer names the allowed one, errors included', async () => {
    const answers = [
      await put(ALLOWED),
      await put(ALLOWED, 'token=bad'),
      await put(ALLOWED, alice.cookie, '{"username": 7}'),
      await put(ALLOWED, alice.cookie, 'not json'),
      await fetch(`${app.url}/api/nothing`, { headers: { origin: ALLOWED } }),
    ];
    expect(answers.map(({ status }) => status)).to.deep.equal([200, 401, 400, 400, 404]);
    for (const { headers, status } of answers) {
      expect(headers.get('access-control-allow-origin'), String(status)).to.equal(ALLOWED);
      expect(headers.get('access-control-allow-credentials')).to.equal('true');
      expect(headers.get('vary')?.toLowerCase()).to.include('origin');
    }
    const foreign = await fetch(`${app.url}/api/me`, {
      headers: { origin: FOREIGN[0] as string, cookie: alice.cookie },
    });
    expect(foreign.headers.get('access-control-allow-origin')).to.equal(null);
  });

  it('may ask beforehand what it may do', async () => {
    const ask = (origin: string) =>
      fetch(`${app.url}/api/messages/1`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'content-type' },
      });
    const { status, headers } = await ask(ALLOWED);
    expect(status).to.be.oneOf([200, 204]);
    expect(headers.get('access-control-allow-origin')).to.equal(ALLOWED);
    expect(headers.get('access-control-allow-methods')).to.include('PATCH').and.include('DELETE').and.include('PUT');
    expect(headers.get('access-control-allow-headers')).to.equal('content-type');
    expect(headers.get('access-control-allow-credentials')).to.equal('true');
    expect((await ask('https://evil.example')).headers.get('access-control-allow-origin')).to.equal(null);
  });

  it('is refused (403) in a Socket.IO handshake, by polling and by WebSocket', async () => {
    const polling = (origin: string) => fetch(`${app.url}/socket.io/?EIO=4&transport=polling`, { headers: { origin } });
    for (const origin of FOREIGN) {
      expect((await polling(origin)).status, origin).to.equal(403);
      const { status } = await upgrade(app.url, '/socket.io/?EIO=4&transport=websocket', { origin });
      expect(status, origin).to.equal(403);
    }
    for (const origin of [own(), ALLOWED]) {
      expect((await polling(origin)).status, origin).to.equal(200);
      const { status } = await upgrade(app.url, '/socket.io/?EIO=4&transport=websocket', { origin });
      expect(status, origin).to.equal(101);
    }
    expect((await polling(ALLOWED)).headers.get('access-control-allow-origin')).to.equal(ALLOWED);
  });

  it('is refused (403) in a plain WebSocket upgrade', async () => {
    const headers = { cookie: alice.cookie };
    for (const origin of FOREIGN) {
      const answer = await upgrade(app.url, '/api/ws', { ...headers, origin });
      expect(answer, origin).to.include({ status: 403, code: 'forbidden_origin' });
    }
    for (const origin of [own(), ALLOWED]) {
      expect(await upgrade(app.url, '/api/ws', { ...headers, origin }), origin).to.include({ status: 101 });
    }
  });

  it('cannot be made our own by a Host that is none, nor does such a Host harm the server', async () => {
    const { hostname, port } = new URL(app.url);
    for (const path of ['/api/me', '/api/logout', '/socket.io/?EIO=4&transport=polling']) {
      for (const host of ['[', 'a b', '', 'x:y:z', '::']) {
        const headers = { host, origin: 'http://evil.example', cookie: alice.cookie };
        const asking = request({
          hostname,
          port,
          path,
          method: path === '/api/me' ? 'PUT' : path.includes('logout') ? 'POST' : 'GET',
          headers,
        });
        asking.end();
        const [response] = await once(asking, 'response');
        response.resume();
        expect(response.statusCode, `${path} ${host}`).to.equal(403);
      }
    }
    expect(await alice.rest.ask('me')).to.include({ ok: true });
  });
});
