import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import cors from '@koa/cors';
import { expect } from 'chai';
import Koa from 'koa';
import helmet from 'koa-helmet';
import { createHttpServer } from '../../src/transports/http/http-server.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { http, privateOf } from './fixture.ts';

type Sent = { status: number; content?: string; code?: string };

/** A percent-encoded id. */
const encoded = (id: number) => String(id).replace(/\d/g, '%3$&');

/** Sends a body with a Content-Length, or chunked. */
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

describe('In any valid form over HTTP', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp('sqlite', { NODE_ENV: 'production' });
  });
  after(() => app.stop());

  it('a path is the same', async () => {
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

  it('a JSON body is the same', async () => {
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

  it('a key that would change the prototype of an object is an unknown field, and is dropped', async () => {
    const [alice, bob] = await app.people('alice', 'bob');
    const conversation_id = await privateOf(alice, bob);
    const headers = { 'content-type': 'application/json' };
    for (const key of ['__proto__', '\\u005f_proto_\\u005F', '_\\u005fp\\u0072oto__'])
      for (const piece of [`"${key}":{"content":"b","client_message_id":5}`, `"a":[{"${key}":1}]`]) {
        const body = `{"conversation_id":${conversation_id},"content":"a",${piece}}`;
        const { status, content } = await post(app, alice.token, headers, [body]);
        expect([status, content], body).to.deep.equal([200, 'a']);
        const alone = await post(app, alice.token, headers, [`{"conversation_id":${conversation_id},${piece}}`]);
        expect([alone.status, alone.code], piece).to.deep.equal([400, 'invalid_input']);
      }
  });

  it('an empty chunked body is no body, with any type', async () => {
    const { token } = await app.person();
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const headers = { authorization: `Bearer ${token}`, 'transfer-encoding': 'chunked' };
    request(`${app.url}/api/ws/ticket`, { method: 'POST', headers }, (response) =>
      resolve(response.resume().statusCode ?? 0),
    )
      .on('error', reject)
      .end();
    expect(await promise).to.equal(200);
  });

  it('the body of a GET is ignored', async () => {
    const { token } = await app.person();
    for (const type of ['application/json', 'text/plain']) {
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const headers = { authorization: `Bearer ${token}`, 'content-type': type, 'content-length': '9' };
      request(`${app.url}/api/me`, { method: 'GET', headers }, (response) => resolve(response.resume().statusCode ?? 0))
        .on('error', reject)
        .end('{"broken"');
      expect(await promise, type).to.equal(200);
    }
  });

  it('a body that is not UTF-8 is malformed, and none of it is stored as a text or a password', async () => {
    const [alice, bob] = await app.people('alice', 'bob');
    const conversation_id = await privateOf(alice, bob);
    const message = `{"conversation_id":${conversation_id},"content":"Gr`;
    const ends = [
      Buffer.from('üße"}', 'latin1'),
      Buffer.from([0xc3, 0x22, 0x7d]),
      Buffer.from([0xed, 0xa0, 0x80, 0x22, 0x7d]),
    ];
    for (const end of ends)
      for (const encoding of ['identity', 'gzip']) {
        const bytes = Buffer.concat([Buffer.from(message), end]);
        const headers = { 'content-type': 'application/json', 'content-encoding': encoding };
        const sent = await post(app, alice.token, headers, [encoding === 'gzip' ? gzipSync(bytes) : bytes]);
        expect([sent.status, sent.code]).to.deep.equal([400, 'invalid_json']);
      }
    const { messages } = await bob.rest.ask('list_messages', { conversation_id });
    expect(messages).to.deep.equal([]);
  });

  it('a compressed body is limited in its compressed and in its decompressed size', async () => {
    const { token } = await app.person();
    const json = { 'content-type': 'application/json' };
    const bomb = gzipSync(JSON.stringify({ content: 'x'.repeat(50_000_000) }));
    const forms: [string, Buffer, number, string][] = [
      ['gzip', bomb, 413, 'body_too_large'],
      ['GZIP', gzipSync('{}').subarray(0, 10), 400, 'invalid_json'],
      ['br', Buffer.from('{}'), 400, 'invalid_json'],
      ['zstd', Buffer.from('{}'), 415, 'unsupported_media_type'],
      ['gzip, gzip', gzipSync(gzipSync('{}')), 415, 'unsupported_media_type'],
    ];
    for (const [encoding, bytes, status, code] of forms) {
      const sent = await post(app, token, { ...json, 'content-encoding': encoding }, [bytes]);
      expect([sent.status, sent.code], encoding).to.deep.equal([status, code]);
    }
  });

  it('a request is answered with the headers that helmet and @koa/cors set', async () => {
    const koa = new Koa().use(helmet({ contentSecurityPolicy: false })).use(cors({ origin: () => '' }));
    const server = createHttpServer().on('request', koa.callback()).listen(0);
    const { port } = server.address() as { port: number };
    const expected = (await fetch(`http://localhost:${port}`)).headers;
    server.close();
    expect([...expected.keys()], 'need headers to compare').to.include.members(['strict-transport-security', 'vary']);
    for (const path of ['/', '/docs', '/api/me', '/api/nothing']) {
      const { headers } = await fetch(`${app.url}${path}`);
      expect(headers.get('content-security-policy'), path).to.contain("default-src 'none'");
      // the documents contain the address that they were requested from
      const more: Record<string, string> = path === '/docs' ? { vary: ', Host, X-Forwarded-Proto' } : {};
      for (const [name, value] of expected)
        if (!['date', 'content-length', 'content-type'].includes(name))
          expect(headers.get(name), `${name} of ${path}`).to.equal(`${value}${more[name] ?? ''}`);
    }
  });
});
