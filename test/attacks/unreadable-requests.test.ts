import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';

const DEEP = 30_000;

describe('A request that makes a parser throw', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp();
  });
  after(() => app.stop());

  /** Sends a request unchanged; returns the answer’s status, headers and body. */
  async function answerTo(request: string | Buffer) {
    const { hostname, port } = new URL(app.url);
    const socket = connect(Number(port), hostname);
    socket.write(request);
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
    const json = JSON.parse(body) as { success: boolean; error: string; code: string };
    return { status: Number(head.split(' ')[1]), head, ...json };
  }

  const close = 'Host: localhost\r\nConnection: close\r\n';

  it('because of its URL is answered with a client error', async () => {
    for (const target of [
      'http://[::1',
      'http://[::1/api/me',
      'http://localhost:99999999/api/me',
      'http://',
      'http://%/api/me',
      'ws://localhost/api/me',
    ]) {
      const { status, code, success } = await answerTo(`GET ${target} HTTP/1.1\r\n${close}\r\n`);
      expect([status, code, success], target).to.deep.equal([400, 'invalid_request', false]);
    }
  });

  it('in its appearance only is answered normally', async () => {
    const { token } = await app.person();
    const withToken = `${close}Authorization: Bearer ${token}\r\n`;
    const forms: [string, number][] = [
      ['http://localhost/api/users/search?q=a', 200],
      ['HTTP://other.example:81/api/users/search?q=a#b', 200],
      ['/api/users/search?q=a#b', 200],
      ['//[::1', 404],
      ['//[::1#', 404],
      ['/%', 404],
      ['/%E0%A4%A/', 404],
      ['/api/users/%/last-seen', 400],
      ['/api/users/search?%=a&q=a', 400],
      ['/api/users/search?q=%ff', 400],
      ['/api/users/search?q=%E0%A4%A', 400],
      ['/api/users/search?q=%00', 400],
      ['/api/users/search?q=a&__proto__=1&__proto__=2', 200],
      ['/api/sync?__proto__[1]=5&constructor[1]=5&conversations[__proto__]=5', 400],
      ['/api/conversations?__proto__[1]=5&constructor[1]=5&limit[__proto__]=5', 200],
      ['/api/sync?conversations={"__proto__":1}', 400],
      [`/api/sync?conversations=${'['.repeat(6_000)}`, 400],
      [`/api/sync?only_named=${'['.repeat(6_000)}`, 400],
    ];
    for (const [target, expected] of forms) {
      const { status } = await answerTo(Buffer.from(`GET ${target} HTTP/1.1\r\n${withToken}\r\n`, 'latin1'));
      expect(status, target).to.equal(expected);
    }
  });

  it('because of a query that is not UTF-8 is answered with the name of the field', async () => {
    const { token } = await app.person();
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${app.url}/api/users/search?limit=1&q=%ff`, { headers });
    expect(answer.status).to.equal(400);
    expect(await answer.json()).to.deep.include({
      code: 'invalid_input',
      fields: [{ field: 'q', message: 'has to be UTF-8, percent-encoded' }],
    });
  });

  it('because of a deeply nested body is refused like any other', async () => {
    const { token } = await app.person();
    const nested = `${'['.repeat(DEEP)}${']'.repeat(DEEP)}`;
    const deep: [string, string][] = [
      [nested, 'invalid_input'],
      ['['.repeat(2 * DEEP), 'invalid_json'],
      [`{"conversation_id":${nested}}`, 'invalid_input'],
      [`{"conversation_id":1,"content":${nested}}`, 'invalid_input'],
    ];
    for (const [body, expected] of deep) {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const answer = await fetch(`${app.url}/api/messages`, { method: 'POST', headers, body });
      expect([answer.status, ((await answer.json()) as { code: string }).code]).to.deep.equal([400, expected]);
    }
  });

  it('because it is not HTTP is answered in the common format of errors, and the connection closed', async () => {
    const long = 'x'.repeat(20_000);
    const forms: [string, number, string][] = [
      [`FROBNICATE / HTTP/1.1\r\n${close}\r\n`, 400, 'invalid_request'],
      ['GET / HTTP/1.1\r\nBad Header: x\r\n\r\n', 400, 'invalid_request'],
      ['\u0016\u0003\u0001\u0002\u0000', 400, 'invalid_request'],
      [`GET /\u00ff HTTP/1.1\r\n${close}\r\n`, 400, 'invalid_request'],
      ['GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'invalid_request'],
      [`GET /?${long} HTTP/1.1\r\n${close}\r\n`, 431, 'headers_too_large'],
      [`GET / HTTP/1.1\r\nX: ${long}\r\n\r\n`, 431, 'headers_too_large'],
      [`POST /api/login HTTP/1.1\r\n${close}Expect: magic\r\nContent-Length: 2\r\n\r\n{}`, 417, 'expectation_failed'],
      [`CONNECT localhost:1 HTTP/1.1\r\n${close}\r\n`, 400, 'invalid_request'],
      [`TRACE /api/me HTTP/1.1\r\n${close}\r\n`, 405, 'method_not_allowed'],
      [`PROPFIND /nothing HTTP/1.1\r\n${close}\r\n`, 404, 'unknown_route'],
    ];
    for (const [request, status, code] of forms) {
      const answer = await answerTo(request);
      expect([answer.status, answer.code, answer.success], request.slice(0, 60)).to.deep.equal([status, code, false]);
      expect(answer.error).to.match(/^[A-Z].*\.$/);
      expect(answer.head).to.match(/^content-type: application\/json/im);
    }
  });

  it('from a client that has disconnected ends nothing', async () => {
    const { hostname, port } = new URL(app.url);
    for (const begun of [
      'GET / HT',
      'POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{',
      'CONNECT x:1 HTTP/1.1\r\n\r\n',
    ]) {
      const socket = connect(Number(port), hostname);
      await new Promise<void>((resolve) => socket.write(begun, () => resolve()));
      socket.resetAndDestroy();
    }
    expect((await fetch(`${app.url}/healthz`)).status).to.equal(200);
  });
});
