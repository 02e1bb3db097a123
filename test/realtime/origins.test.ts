import { once } from 'node:events';
import { request } from 'node:http';
import { expect } from 'chai';
import { logRefusedOrigins } from '../../src/transports/refused-origins.ts';
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

  it('is refused in a request that changes something if it is neither the server’s own nor allowed', async () => {
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

  it('can be the server’s own, an allowed one, or absent as in programs', async () => {
    for (const origin of [own(), ALLOWED, 'https://other.example', undefined]) {
      expect((await put(origin)).status, origin).to.equal(200);
    }
  });

  it('can read answers and errors only if it is allowed, and is named in them', async () => {
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

  it('can send a preflight request', async () => {
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

  it('does not become the server’s own by an invalid Host, which does not harm the server either', async () => {
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

/** Sends a request as a browser does, with any Host. */
async function statusOf(app: TestApp, { path, method, ...headers }: Record<string, string>): Promise<number> {
  const { hostname, port } = new URL(app.url);
  const asking = request({ hostname, port, path, method, headers });
  asking.end();
  const [response] = await once(asking, 'response');
  response.resume();
  return response.statusCode;
}

describe('A request from a page', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp('sqlite', { CORS_ORIGINS: 'capacitor://localhost,https://a.example:443' });
  });
  after(() => app.stop());
  afterEach(closeAll);

  const session = async () => {
    const text = await (await fetch(`${app.url}/socket.io/?EIO=4&transport=polling`)).text();
    return JSON.parse(text.slice(1)).sid;
  };
  const requests = async () => {
    const path = `/socket.io/?EIO=4&transport=polling&sid=${await session()}`;
    return [
      { path: '/socket.io/?EIO=4&transport=polling', method: 'GET' },
      { path, method: 'GET' },
      { path, method: 'POST' },
      { path: '/api/logout', method: 'POST' },
    ];
  };
  const foreign = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ];

  it('of another origin is refused each time, not only at the first of a connection, with or without an Origin', async () => {
    for (const headers of foreign) {
      for (const each of await requests())
        expect(await statusOf(app, { ...each, ...headers } as never), JSON.stringify({ ...each, ...headers })).to.equal(
          403,
        );
      for (const path of ['/api/ws', '/socket.io/?EIO=4&transport=websocket'])
        expect(await upgrade(app.url, path, headers as never)).to.include({ status: 403, code: 'forbidden_origin' });
    }
  });

  it('of the server itself, of an allowed origin or without an origin is accepted', async () => {
    const fine = [{}, { 'sec-fetch-site': 'same-origin' }, { 'sec-fetch-site': 'none' }];
    const allowed = { origin: 'capacitor://localhost', 'sec-fetch-site': 'cross-site' };
    for (const headers of [
      ...fine,
      { origin: app.url, 'sec-fetch-site': 'same-origin' },
      allowed,
      { origin: 'https://a.example' },
    ])
      for (const path of ['/socket.io/?EIO=4&transport=polling', '/api/logout'])
        expect(
          await statusOf(app, { path, method: path === '/api/logout' ? 'POST' : 'GET', ...headers } as never),
          JSON.stringify(headers),
        ).to.equal(200);
  });

  it('is compared without the default port of its scheme, which a proxy can leave in the Host', async () => {
    const status = (host: string, origin: string) =>
      statusOf(app, { path: '/socket.io/?EIO=4&transport=polling', method: 'GET', host, origin });
    for (const [host, origin] of [
      ['chat.example:443', 'https://chat.example'],
      ['chat.example:80', 'http://chat.example'],
      ['Chat.Example', 'https://chat.example'],
      ['chat.example:8443', 'https://chat.example:8443'],
    ] as const)
      expect(await status(host, origin), host).to.equal(200);
    for (const [host, origin] of [
      ['chat.example:443', 'http://chat.example'],
      ['chat.example:8443', 'https://chat.example'],
      ['localhost', 'tauri://localhost'],
    ] as const)
      expect(await status(host, origin), host).to.equal(403);
  });

  it('gets answers of Socket.IO that no browser accepts as a script or an image', async () => {
    for (const path of [
      '/socket.io/?EIO=4&transport=polling',
      '/socket.io/?EIO=4&transport=polling&j=0',
      '/socket.io/',
    ]) {
      const { headers, status } = await fetch(`${app.url}${path}`);
      expect(headers.get('x-content-type-options'), path).to.equal('nosniff');
      expect(headers.get('cross-origin-resource-policy'), path).to.equal('same-origin');
      expect(headers.get('cache-control'), path).to.equal('no-store');
      expect(status, path).to.equal(path.includes('j=') ? 403 : path.includes('EIO') ? 200 : 400);
    }
  });
});

describe('The own origin', () => {
  it('is PUBLIC_URL, for any Host of a request', async () => {
    const app = await startApp('sqlite', { PUBLIC_URL: 'https://chat.example/, http://chat.example:8080' });
    const status = (host: string, origin: string) =>
      statusOf(app, { path: '/socket.io/?EIO=4&transport=polling', method: 'GET', host, origin });
    try {
      for (const origin of ['https://chat.example', 'http://chat.example:8080'])
        expect(await status('10.0.0.1:9000', origin), origin).to.equal(200);
      for (const origin of ['http://evil.example', 'http://chat.example', app.url])
        expect(await status(new URL(origin).host, origin), origin).to.equal(403);
    } finally {
      await app.stop();
    }
  });
});

describe('The log of refused origins', () => {
  const asking = (origin: string | undefined, site?: string) =>
    ({
      headers: { origin, host: 'chat.example', 'sec-fetch-site': site },
      socket: { remoteAddress: '192.0.2.7' },
    }) as never;

  it('has one line per minute and origin, with the setting to change', () => {
    const lines: object[] = [];
    const logged = logRefusedOrigins({ warn: (fields, message) => lines.push({ ...fields, message }) }, 0);
    for (let count = 0; count < 3; count += 1) {
      logged(asking('https://one.example'));
      logged(asking('https://two.example'));
      logged(asking(undefined, 'cross-site'));
    }
    expect(lines.map((line) => ('origin' in line ? line.origin : ''))).to.deep.equal([
      'https://one.example',
      'https://two.example',
      undefined,
    ]);
    expect(lines[0]).to.include({ host: 'chat.example', address: '192.0.2.7' });
    expect(lines[0]).to.have.property('message').that.includes('CORS_ORIGINS').and.includes('PUBLIC_URL');
    expect(lines[2]).to.include({ site: 'cross-site' });
  });

  it('has at most a hundred lines per minute, of a bounded length', () => {
    const lines: string[] = [];
    const logged = logRefusedOrigins({ warn: (fields) => lines.push(JSON.stringify(fields)) }, 0);
    for (let count = 0; count < 1_000; count += 1) logged(asking(`https://${count}.${'x'.repeat(5_000)}.example`));
    expect(lines).to.have.length(100);
    for (const line of lines) expect(line.length).to.be.below(1_000);
  });
});
