import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import { answerOn, connectTo, requestText, until, upgradeHeaders } from '../attacks/tcp.ts';
import { type Node, startNode } from '../cluster/node.ts';
import { freshEnvironment, startApp, type TestApp } from '../support/app.ts';
import type { Person } from '../support/people.ts';
import { findBinary, freePort } from '../support/processes.ts';
import { limitMs } from '../support/soak.ts';
import { closeAll, upgrade } from './connecting.ts';

const run = promisify(execFile);
const WITHIN_MS = limitMs(1_000);
const FREE_WITHIN_MS = 3_000;
const WEBSOCKET = '?EIO=4&transport=websocket';

type Refused = { path: string; status: number; code: string; headers?: Record<string, string>; method?: string };
const REFUSED: Refused[] = [
  { path: '/', status: 404, code: 'unknown_route' },
  { path: '/nothing', status: 404, code: 'unknown_route' },
  { path: '/api/me', status: 404, code: 'unknown_route' },
  { path: '/api/ws/more', status: 404, code: 'unknown_route' },
  { path: '/socket.io', status: 404, code: 'unknown_route' },
  { path: `/socket.io${WEBSOCKET}`, status: 404, code: 'unknown_route' },
  { path: '/socket.io/more', status: 404, code: 'unknown_route' },
  { path: '/socket.io/', status: 400, code: 'unsupported_client' },
  { path: '/socket.io/?transport=websocket', status: 400, code: 'unsupported_client' },
  { path: '/socket.io/?EIO=3&transport=websocket', status: 400, code: 'unsupported_client' },
  { path: '/socket.io/?EIO=4', status: 400, code: 'invalid_handshake' },
  { path: '/socket.io/?EIO=4&transport=polling', status: 400, code: 'invalid_handshake' },
  { path: '/socket.io/?EIO=4&transport=webtransport', status: 400, code: 'invalid_handshake' },
  { path: `/socket.io/${WEBSOCKET}&transport=polling`, status: 400, code: 'invalid_handshake' },
  { path: `/socket.io/${WEBSOCKET}&sid=unknown`, status: 400, code: 'invalid_handshake' },
  { path: `/socket.io/${WEBSOCKET}&sid=__proto__`, status: 400, code: 'invalid_handshake' },
  { path: `/socket.io/${WEBSOCKET}&j=0`, status: 403, code: 'forbidden_origin' },
  ...['/api/ws', '/API/WS/', `/socket.io/${WEBSOCKET}`].flatMap((path): Refused[] => [
    { path, status: 403, code: 'forbidden_origin', headers: { origin: 'https://evil.example' } },
    { path, status: 426, code: 'upgrade_required', headers: { 'sec-websocket-version': '7' } },
    { path, status: 400, code: 'invalid_handshake', headers: { 'sec-websocket-key': 'x' } },
    { path, status: 400, code: 'invalid_handshake', method: 'POST' },
  ]),
  { path: '/api/ws', status: 401, code: 'unauthenticated' },
  { path: '/api/ws/', status: 401, code: 'unauthenticated' },
  { path: '/Api/Ws?token=bad', status: 401, code: 'unauthenticated' },
  { path: '/api/ws?ticket=%00', status: 401, code: 'unauthenticated' },
];

describe('An upgrade to WebSocket that is refused', () => {
  let node: Node;
  let remove: () => Promise<void>;
  before(async () => {
    const fresh = await freshEnvironment('sqlite');
    remove = fresh.remove;
    node = await startNode({ ...fresh.env, HTTP_ADDR: `127.0.0.1:${await freePort()}` });
  });
  after(async () => {
    await node.kill('SIGKILL');
    await remove();
  });

  async function refusal({ path, headers, method = 'GET' }: Refused) {
    const socket = await connectTo(node.url);
    const began = performance.now();
    socket.write(requestText(`${method} ${path}`, upgradeHeaders(headers)));
    const text = await answerOn(socket);
    const [head = '', body = ''] = text.split('\r\n\r\n');
    return { socket, head, body: JSON.parse(body), status: Number(head.split(' ')[1]), ms: performance.now() - began };
  }

  it('is answered within a second with the common error body, for any request', async () => {
    for (const each of REFUSED) {
      const { socket, head, body, status, ms } = await refusal(each);
      const what = `${each.method} ${each.path} ${JSON.stringify(each.headers)}`;
      expect({ status, code: body.code, success: body.success }, what).to.deep.equal({
        status: each.status,
        code: each.code,
        success: false,
      });
      expect(head, what).to.include('Content-Type: application/json');
      if (status === 401) expect(head, what).to.include('WWW-Authenticate: Bearer');
      if (status === 426) expect(head, what).to.include('Sec-WebSocket-Version: 13').and.include('Upgrade: websocket');
      expect(ms, what).to.be.below(WITHIN_MS);
      socket.destroy();
    }
  });

  it('tells an outdated client which version is needed', async () => {
    const { body } = await refusal({ path: '/socket.io/?EIO=3&transport=websocket', status: 400, code: '' });
    expect(body.error).to.equal('Socket.IO client 3 or later is needed.');
  });

  it('frees its descriptor soon, even if the client never closes its side', async () => {
    const before = node.descriptors();
    const refused = await Promise.all(REFUSED.map((each) => refusal(each)));
    await until(() => node.descriptors() <= before, FREE_WITHIN_MS, 'the server has let go of the connections');
    for (const { socket } of refused) socket.destroy();
  });
});

describe('An upgrade', () => {
  let app: TestApp;
  let alice: Person;
  before(async () => {
    app = await startApp();
    alice = await app.person('alice');
  });
  after(() => app.stop());
  afterEach(closeAll);

  it('to /api/ws is accepted in any case, and with a trailing slash', async () => {
    for (const path of ['/api/ws', '/api/ws/', '/API/WS', '/Api/ws/'])
      expect(await upgrade(app.url, `${path}?token=${alice.token}`), path).to.include({ status: 101 });
  });

  it('of a polling connection happens once: a second one is refused, during and after the first', async () => {
    const opened = await (await fetch(`${app.url}/socket.io/?EIO=4&transport=polling`)).text();
    const path = `/socket.io/?EIO=4&transport=websocket&sid=${JSON.parse(opened.slice(1)).sid}`;
    const first = new WebSocket(`${app.url.replace('http', 'ws')}${path}`);
    await new Promise((resolve) => first.once('open', resolve));
    expect(await upgrade(app.url, path)).to.include({ status: 400, code: 'invalid_handshake' });
    const probed = new Promise((resolve) => first.once('message', resolve));
    first.send('2probe');
    await probed;
    first.send('5');
    first.send(`40/chat,${JSON.stringify({ token: alice.token })}`);
    await new Promise((resolve) => first.once('message', resolve));
    expect(await upgrade(app.url, path)).to.include({ status: 400, code: 'invalid_handshake' });
    const polled = await fetch(`${app.url}${path.replace('websocket', 'polling')}`);
    expect(polled.status).to.equal(400);
    first.terminate();
  });

  it('to another protocol is ignored: the request is served, with its body', async () => {
    for (const protocol of ['h2c', 'TLS/1.0, HTTP/1.1', 'h2c, websocket', 'nonsense']) {
      const body = JSON.stringify({ profile_picture: 'https://example.com/a.png' });
      const socket = await connectTo(app.url);
      const headers = {
        connection: 'Upgrade, HTTP2-Settings, close',
        upgrade: protocol,
        'http2-settings': 'AAMAAABkAAQAAP__',
        authorization: `Bearer ${alice.token}`,
        'content-type': 'application/json',
        'content-length': `${body.length}`,
      };
      socket.write(requestText('PUT /api/me', headers, body));
      const answer = await answerOn(socket);
      expect(answer.split('\r\n')[0], protocol).to.equal('HTTP/1.1 200 OK');
      expect(answer).to.include('https://example.com/a.png');
      socket.destroy();
    }
  });

  it('to HTTP/2, as curl offers it, is ignored', async function () {
    const curl = findBinary('curl');
    if (curl === undefined) return this.skip();
    const get = ['-s', '--http2', '-w', '\n%{http_code} %{http_version}', `${app.url}/api/me`];
    const headers = ['-H', `Authorization: Bearer ${alice.token}`];
    const { stdout } = await run(curl, [...get, ...headers]);
    expect(stdout)
      .to.include(alice.username)
      .and.match(/200 1\.1$/);
    const put = ['-X', 'PUT', '-H', 'Content-Type: application/json', '-d', '{"profile_picture":""}'];
    expect((await run(curl, [...get, ...headers, ...put])).stdout).to.match(/200 1\.1$/);
  });
});
