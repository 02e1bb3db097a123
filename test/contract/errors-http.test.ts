import { expect } from 'chai';
import { operations } from '../../src/operations.ts';
import { rawAt } from '../support/clients.ts';
import { accepted, groupOf, historyOf, http, onEachServer, privateOf, send } from './fixture.ts';

const ROUTES = Object.values(operations).flatMap(({ routes }) => routes.map((route) => route.split(' ')));
const PATHS = new Set(ROUTES.map(([, pattern = '']) => pattern.replace(/:\w+/g, '1')));
/** The methods of a path; in `/api/messages/read`, `read` is no message id. */
const methodsOf = (path: string) =>
  new Set(
    ROUTES.filter(([, pattern = '']) => new RegExp(`^${pattern.replace(/:\w+/g, '\\d+')}$`).test(path)).map(
      ([method = '']) => method,
    ),
  );
const NO_IDS = '0 -1 1.5 1e3 abc 0x10 9007199254740993 1%00 %20 %E0%A4%A %F0 1%2F2'.split(' ');
const LARGEST_BODY = 65_536;

onEachServer('Over HTTP', (app) => {
  it('a path refuses other methods than its own, and names those', async () => {
    const { token } = await app().person();
    for (const path of PATHS) {
      const own = methodsOf(path);
      const allowed = [...own, ...(own.has('GET') ? ['HEAD'] : []), 'OPTIONS'];
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((each) => !own.has(each))) {
        const { status, headers, body } = await http(app(), `${method} ${path}`, { token });
        expect([status, body.code], `${method} ${path}`).to.deep.equal([405, 'method_not_allowed']);
        expect(headers.get('allow')?.split(', '), path).to.have.members(allowed);
      }
      const options = await http(app(), `OPTIONS ${path}`, { token });
      expect([options.status, options.headers.get('allow')?.split(', ').sort()]).to.deep.equal([204, allowed.sort()]);
    }
  });

  it('an unknown path is a 404 for everyone', async () => {
    const { token } = await app().person();
    for (const path of [
      '/nothing',
      '/api',
      '/api/nothing',
      '/api/messages/1/2',
      '/api/conversations//messages',
      '/API/v2',
    ]) {
      for (const credentials of [{}, { token }]) {
        const { status, body } = await http(app(), `GET ${path}`, credentials);
        expect([status, body.code], path).to.deep.equal([404, 'unknown_route']);
      }
    }
  });

  it('a literal path segment is no id: not in refusals, not with a slash, and not in capitals', async () => {
    const { token } = await app().person();
    for (const path of ['/api/conversations/group', '/api/conversations/PRIVATE', '/api/conversations/group/']) {
      const { status, headers, body } = await http(app(), `PATCH ${path}`, { token, body: { name: 'Chess' } });
      expect([status, body.code, headers.get('allow')]).to.deep.equal([405, 'method_not_allowed', 'POST, OPTIONS']);
    }
    for (const route of ['PATCH /api/messages/read', 'DELETE /api/messages/delivered', 'GET /api/messages/read'])
      expect((await http(app(), route, { token })).headers.get('allow'), route).to.equal('POST, OPTIONS');
  });

  it('a body that is not JSON is refused as malformed', async () => {
    const { token } = await app().person();
    const malformed = ['{', '{"content":}', 'nul', ' ', '{"content":"a"} x', '\u0000', "{'a':1}", '[1,]', 'NaN'];
    for (const text of malformed) {
      const { status, body } = await http(app(), 'POST /api/messages', { token, text });
      expect([status, body.code], text).to.deep.equal([400, 'invalid_json']);
    }
  });

  it('a JSON body that is no object is invalid input; null is an empty input', async () => {
    const { token } = await app().person();
    for (const text of ['"text"', '5', 'true', 'false', '[]', '[{"content":"a"}]']) {
      const { status, body } = await http(app(), 'POST /api/messages', { token, text });
      const fields = [{ field: '', message: 'has to be an object' }];
      expect([status, body.code, body.fields], text).to.deep.equal([400, 'invalid_input', fields]);
    }
    const { body } = await http(app(), 'POST /api/messages', { token, text: 'null' });
    expect(body.fields?.map(({ field }: { field: string }) => field)).to.deep.equal(['conversation_id', 'content']);
    expect((await http(app(), 'PUT /api/me', { token, text: 'null' })).status).to.equal(200);
  });

  it('a body of a request that needs none is ignored', async () => {
    const [alice, bob] = await app().people('alice', 'bob');
    const { message_id } = await send(alice, await privateOf(alice, bob));
    const asked = { token: alice.token, text: '{"message_id":', headers: { 'content-type': 'text/plain' } };
    for (const route of [`DELETE /api/messages/${message_id}`, 'OPTIONS /api/me'])
      expect((await http(app(), route, asked)).status, route).to.be.oneOf([200, 204]);
  });

  it('HEAD is answered like GET, including the query, without the body', async () => {
    const [{ token }] = await app().people('alice', 'bob');
    const queries = [
      '/api/users/search?q=bob',
      '/api/users/search',
      '/api/conversations?limit=0',
      '/api/me',
      '/api/no',
    ];
    for (const path of queries) {
      const [get, head] = [await http(app(), `GET ${path}`, { token }), await http(app(), `HEAD ${path}`, { token })];
      expect([head.status, head.body], path).to.deep.equal([get.status, {}]);
      for (const name of ['content-type', 'content-length'])
        expect(head.headers.get(name), `${name} of ${path}`).to.equal(get.headers.get(name)).and.not.equal(null);
    }
  });

  it('invalid input is answered with every invalid field and the reason', async () => {
    const { token } = await app().person();
    const asked = { token, body: { conversation_id: 'abc', content: 5, client_message_id: '' } };
    const { status, body } = await http(app(), 'POST /api/messages', asked);
    expect(status).to.equal(400);
    expect(body).to.have.all.keys('success', 'error', 'code', 'fields');
    expect([body.success, body.code]).to.deep.equal([false, 'invalid_input']);
    const { fields } = body as unknown as { fields: { field: string; message: string }[] };
    expect(fields.map(({ field }) => field)).to.have.members(Object.keys(asked.body));
    for (const { message } of fields) expect(message).to.match(/^(has to|must|is) /);
  });

  it('a list as a body, an empty body and no body lack the required fields', async () => {
    const { token } = await app().person();
    for (const asked of [{ text: '[]' }, { text: '[{"content":"a"}]' }, { text: '{}' }, { text: '' }, {}]) {
      const { status, body } = await http(app(), 'POST /api/messages', { token, ...asked });
      expect([status, body.code], JSON.stringify(asked)).to.deep.equal([400, 'invalid_input']);
    }
  });

  it('a query must not lack a required parameter or repeat it', async () => {
    const { token } = await app().person();
    for (const query of ['', '?', '?q', '?q=', '?q=a&q=b', '?q[]=a', '?Q=a']) {
      const { status, body } = await http(app(), `GET /api/users/search${query}`, { token });
      expect([status, body.code, body.fields?.[0]?.field], query).to.deep.equal([400, 'invalid_input', 'q']);
    }
  });

  it('a body has at most 64 kB', async () => {
    const [alice, bob] = await app().people('alice', 'bob');
    const message = { conversation_id: await privateOf(alice, bob), content: 'Hello!', filling: '' };
    message.filling = 'x'.repeat(LARGEST_BODY - JSON.stringify(message).length);
    const { token } = alice;
    expect((await http(app(), 'POST /api/messages', { token, body: message })).status).to.equal(200);
    message.filling += 'x';
    const { status, body } = await http(app(), 'POST /api/messages', { token, body: message });
    expect([status, body.code]).to.deep.equal([413, 'body_too_large']);
    expect(await historyOf(alice, message.conversation_id)).to.have.length(1);
  });

  it('a body of another type than JSON is refused', async () => {
    const [alice, bob] = await app().people('alice', 'bob');
    const conversation_id = await privateOf(alice, bob);
    const text = JSON.stringify({ conversation_id, content: 'Hello!' });
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'x',
      '',
      'application/ld+json',
      'application/vnd.api+json',
      'text/json',
      'application/json; charset=iso-8859-1',
      'application/json; charset=utf-16le',
    ]) {
      const asked = { token: alice.token, text, headers: { 'content-type': type } };
      const { status, body } = await http(app(), 'POST /api/messages', asked);
      expect([status, body.code], type).to.deep.equal([415, 'unsupported_media_type']);
    }
    expect(await historyOf(bob, conversation_id)).to.deep.equal([]);
  });

  it('JSON is recognised by its media type, with any parameters', async () => {
    const [alice, bob] = await app().people('alice', 'bob');
    const conversation_id = await privateOf(alice, bob);
    for (const type of ['application/json', 'application/json; charset=utf-8', 'Application/JSON']) {
      const body = { conversation_id, content: 'Grüße 👋' };
      const asked = { token: alice.token, body, headers: { 'content-type': type } };
      expect((await http(app(), 'POST /api/messages', asked)).body.content, type).to.equal('Grüße 👋');
    }
  });

  it('a foreign, incomplete or malformed token is refused', async () => {
    const { token } = await app().person();
    const { status } = await http(app(), 'GET /api/me', { token });
    expect(status).to.equal(200);
    const [head, claims, signature] = token.split('.') as [string, string, string];
    const unsigned = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
    const wrong = [
      'x',
      `${token}x`,
      `${head}.${claims}.`,
      `${head}.${claims}`,
      `${unsigned}.${claims}.`,
      `${head}..${signature}`,
    ];
    for (const authorization of [...wrong.map((each) => `Bearer ${each}`), `Basic ${token}`, token, 'Bearer', '']) {
      const answer = await http(app(), 'GET /api/me', { headers: { authorization } });
      expect([answer.status, answer.body.code], authorization).to.deep.equal([401, 'unauthenticated']);
    }
  });

  it('an invalid id in a path is refused and changes nothing', async () => {
    const [alice, bob] = await app().people('alice', 'bob');
    const group = await groupOf(alice, bob);
    const { message_id } = await send(alice, group);
    const { token } = alice;
    for (const id of NO_IDS) {
      const asked = [
        http(app(), `GET /api/users/${id}/last-seen`, { token }),
        http(app(), `GET /api/conversations/${id}/messages`, { token }),
        http(app(), `GET /api/conversations/${id}/participants`, { token }),
        http(app(), `PATCH /api/conversations/${id}`, { token, body: { name: 'Chess' } }),
        http(app(), `DELETE /api/conversations/${group}/participants/${id}`, { token }),
        http(app(), `POST /api/conversations/${id}/participants`, { token, body: { user_id: bob.id } }),
        http(app(), `PATCH /api/messages/${id}`, { token, body: { content: 'Better' } }),
        http(app(), `DELETE /api/messages/${id}`, { token }),
      ];
      for (const { status, body } of await Promise.all(asked)) {
        expect([status, body.code], id).to.deep.equal([400, 'invalid_input']);
        expect(body.fields?.[0]?.field, id).to.match(/^(user|conversation|message)_id$/);
      }
    }
    expect(await historyOf(alice, group)).to.have.length(1);
    expect((await historyOf(alice, group))[0]).to.include({ id: message_id, content: 'Hello!', deleted: false });
  });
});

onEachServer('Over WebSocket', (app) => {
  it('a frame that is no JSON object with a type is answered with an error, and the connection stays open', async () => {
    const { token } = await app().person();
    const client = await rawAt(`${app().url.replace('http', 'ws')}/api/ws?token=${token}`);
    for (const frame of ['{', 'null', '[]', '5', '"me"', '{}', '{"type":5}', '']) {
      client.socket.send(frame);
      const { ok, error } = await client.inbox.next('error');
      expect([ok, error.code], frame).to.deep.equal([false, 'invalid_json']);
    }
    accepted(await client.ask('me'));
    client.close();
  });
});
