import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import cors from '@koa/cors';
import { expect } from 'chai';
import Koa from 'koa';
import helmet from 'koa-helmet';
import { createHttpServer } from '../../src/transports/http-server.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { http, privateOf } from './scene.ts';

type Sent = { status: number; content?: string; code?: string };

/** An id whose digits are written as an address may write any character. */
const encoded = (id: number) => String(id).replace(/\d/g, '%3$&');

/** Sends a body as it is: with a length that is said before, or in pieces. */
function post(app: TestApp, token: string, headers: object, pieces: readonly (string | Buffer)[]): Promise<Sent> {
  const { promise, resolve, reject } = Promise.withResolvers<Sent>();
  const length =
    pieces.length === 1 ? { 'content-length': String(Buffer.byteLength(pieces[0] as string | Buffer)) } : {};
  const all = { authorization: `Bearer ${token}`, ...length, ...headers };
  const asked = request(`${app.url}/api/messages`, { method: 'POST', headers: all }, async (response) => {
    const chunks = await response.toArray();
    resolve({ status: response.statusCode ?? 0, ...JSON.parse(Buffer.concat(chunks).toString()) });
  });
  asked.on('error', reject);
  for (const piece of pieces) asked.write(piece);
  asked.end();
  return promise;
}

describe('In whichever form it comes over HTTP', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp('sqlite', { NODE_ENV: 'production' });
  });
  after(() => app.stop());

  it('an address is the same', async () => {
    const { id, token } = await app.person();
    for (const path of [`/api/users/${id}/last-seen`, '/api/conversations', '/api/me']) {
      const { status, body } = await http(app, `GET ${path}`, { token });
      expect(status).to.equal(200);
      for (const form of [`${path}/`, path.toUpperCase(), `${path}?`]) {
        const again = await http(app, `GET ${form}`, { token });
        expect([again.status, Object.keys(again.body)], form).to.deep.equal([200, Object.keys(body)]);
      }
    }
    const spelled = await http(app, `GET /api/users/${encoded(id)}/last-seen`, { token });
    expect(spelled.status).to.equal(200);
    for (const no of ['/api/users/:/last-seen', '/api/users/:user_id/last-seen', `/api/users/${id}/1/last-seen`])
      expect((await http(app, `GET ${no}`, { token })).status, no).to.be.oneOf([400, 404]);
  });

  it('a body of JSON is the same', async () => {
    const [alice, bob] = await app.people('alice', 'bob');
    const content = 'Grüße 👋, "__proto__": \\u005f';
    const text = JSON.stringify({ conversation_id: await privateOf(alice, bob), content });
    const json = { 'content-type': 'application/json' };
    const middle = text.indexOf('👋');
    const forms: [object, (string | Buffer)[]][] = [
      [json, [text]],
      [json, [`\uFEFF${text}`]],
      [json, [` \n${text}\n`]],
      [json, [text.replace('ü', '\\u00fc')]],
      [json, [Buffer.from(text).subarray(0, middle + 3), Buffer.from(text).subarray(middle + 3)]],
      [{ 'content-type': 'application/json;charset=UTF-8' }, [text]],
      [{ 'content-type': 'application/json; charset="utf-8"' }, [text]],
      [{ ...json, 'content-encoding': 'identity' }, [text]],
      [{ ...json, 'content-encoding': 'gzip' }, [gzipSync(text)]],
    ];
    for (const [headers, pieces] of forms) {
      const sent = await post(app, alice.token, headers, pieces);
      expect([sent.status, sent.content], JSON.stringify([headers, pieces])).to.deep.equal([200, content]);
    }
  });

  it('a body that would change the prototype of an object is malformed', async () => {
    const { token } = await app.person();
    const headers = { 'content-type': 'application/json' };
    for (const key of ['__proto__', '\\u005f_proto_\\u005F', '_\\u005fp\\u0072oto__'])
      for (const body of [`{"${key}":{"conversation_id":1}}`, `{"content":"a","a":[{"${key}":1}]}`])
        for (const pieces of [[body], [body, ' ']]) {
          const { status, code } = await post(app, token, headers, pieces);
          expect([status, code], body).to.deep.equal([400, 'invalid_json']);
        }
  });

  it('a request is answered with the headers that helmet and @koa/cors would give it', async () => {
    const koa = new Koa().use(helmet({ contentSecurityPolicy: false })).use(cors({ origin: () => '' }));
    const server = createHttpServer().on('request', koa.callback()).listen(0);
    const { port } = server.address() as { port: number };
    const expected = (await fetch(`http://localhost:${port}`)).headers;
    server.close();
    expect([...expected.keys()], 'need headers to compare').to.include.members(['strict-transport-security', 'vary']);
    for (const path of ['/', '/docs', '/api/me', '/api/nothing']) {
      const { headers } = await fetch(`${app.url}${path}`);
      expect(headers.get('content-security-policy'), path).to.contain("default-src 'none'");
      for (const [name, value] of expected)
        if (!['date', 'content-length', 'content-type'].includes(name))
          expect(headers.get(name), `${name} of ${path}`).to.equal(value);
    }
  });
});
