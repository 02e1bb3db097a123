import { expect } from 'chai';
import { ERRORS, type ErrorCode } from '../../src/operation/errors.ts';
import { operations } from '../../src/operations.ts';
import type { OperationName } from '../../src/protocol.ts';
import { groupOf, privateOf, send } from '../contract/fixture.ts';
import { startApp, type TestApp } from '../support/app.ts';
import {
  derivedRefusals,
  type Input,
  isOnRest,
  NOBODY,
  operationsInOrder,
  type RefusalWorld,
  type RefusedBy,
} from '../support/derived.ts';
import type { Person } from '../support/people.ts';
import { mustConform } from './conformance.ts';
import { type AsyncApi, documentsOf, type OpenApi, type RestOperation, responseOf, restRoutes } from './documents.ts';

const account = { password: 'StrongPassword123', email: 'new@example.com' };
type Case = [operation: OperationName, code: ErrorCode, by: RefusedBy, input: (world: World) => Input];
type World = RefusalWorld & { people: Record<RefusedBy, Person> };

/** The errors of single operations, and other causes than the derived ones. */
const OTHERS: Case[] = [
  [
    'signup_initiate',
    'username_taken',
    'admin',
    ({ people: { member } }) => ({ ...account, username: member.username }),
  ],
  [
    'login',
    'invalid_credentials',
    'admin',
    ({ people: { member } }) => ({ username: member.username, password: 'wrong password' }),
  ],
  [
    'forgot_reset',
    'invalid_otp',
    'admin',
    ({ people: { member } }) => ({ email: member.email, otp: '0', new_password: account.password }),
  ],
  ['update_me', 'username_taken', 'admin', ({ people: { member } }) => ({ username: member.username })],
  [
    'change_password',
    'wrong_password',
    'admin',
    () => ({ password: 'not the password', new_password: account.password }),
  ],
  ['open_private_conversation', 'own_conversation', 'admin', ({ admin }) => ({ other_user_id: admin })],
  ['list_messages', 'unknown_message', 'member', ({ group }) => ({ conversation_id: group, before: NOBODY })],
  [
    'message',
    'client_message_id_reused',
    'admin',
    ({ group }) => ({ conversation_id: group, content: 'x', client_message_id: 'the first' }),
  ],
];
const keyOf = ([name, code]: readonly [string, string, ...unknown[]]) => `${name}: ${code}`;
/** How each error that an operation documents as its own comes about. */
const REFUSED: Case[] = [
  ...operationsInOrder
    .flatMap(derivedRefusals)
    .filter((derived) => !OTHERS.some((other) => keyOf(other) === keyOf(derived)))
    .map(([...derived]): Case => derived),
  ...OTHERS,
];
/** The errors that every operation can return. */
const COMMON = ['invalid_input', 'unauthenticated', 'rate_limited', 'internal_error', 'database_unavailable', 'busy'];
const COMMON_TOO = [
  'shutting_down',
  'invalid_json',
  'forbidden_origin',
  'body_too_large',
  'unsupported_media_type',
  'method_not_allowed',
];

describe('The documented errors', function () {
  this.timeout(120_000);
  let app: TestApp;
  let openApi: OpenApi;
  let asyncApi: AsyncApi;
  let world: World;
  before(async () => {
    app = await startApp();
    ({ openApi, asyncApi } = await documentsOf(app.url));
    const [alice, bob, eve] = await app.people('alice', 'bob', 'eve');
    const [group, pair] = [await groupOf(alice, bob), await privateOf(alice, bob)];
    world = {
      people: { admin: alice, member: bob, outsider: eve },
      ...{ admin: alice.id, member: bob.id, outsider: eve.id },
      group,
      privateConversation: pair,
      message: (await send(alice, group, 'Hello!', { client_message_id: 'the first' })).message_id,
    };
  });
  after(() => app.stop());

  it('of each operation are returned with the documented status and body, over HTTP and over a socket', async () => {
    const { failure } = asyncApi.channels.chat?.messages ?? {};
    const payload =
      asyncApi.components.messages[failure?.$ref.split('/').at(-1) ?? '']?.payload ?? expect.fail('failure');
    const sockets = {
      admin: await world.people.admin.socketio(),
      member: await world.people.member.socketio(),
      outsider: await world.people.outsider.socketio(),
    };
    for (const [name, code, by, input] of REFUSED) {
      if (isOnRest(operations[name])) {
        const { error, status = 0, ok } = await world.people[by].rest.ask(name, input(world));
        expect({ code: error?.code, status }, `${name}: ${code}`).to.deep.equal({ code, status: ERRORS[code].status });
        const { message, ...rest } = error;
        mustConform({ success: ok, error: message, ...rest }, openApi.components.schemas.Error, `${name}: ${code}`);
      }
      if (asyncApi.operations[`chat.${name}`] === undefined) continue;
      const refusal = await sockets[by].ask(name, input(world));
      expect(refusal.error.code).to.equal(code);
      mustConform(refusal, payload, `${name}: ${code}`);
    }
  });

  it('of each operation are complete, and all of them occur', () => {
    const own = restRoutes(openApi).flatMap(([name, { operation }]) =>
      Object.keys(operation.responses)
        .filter((status) => status !== '200' && status !== 'default')
        .flatMap((status) =>
          Object.keys(responseOf(openApi, operation, Number(status))?.content['application/json'].examples ?? {}),
        )
        .filter((code) => ![...COMMON, ...COMMON_TOO].includes(code))
        .map((code) => `${name}: ${code}`),
    );
    // a race of two sign-ups, and errors that need 5,000 people or ten thousand messages
    const elsewhere = ['signup_verify: username_taken', 'add_participant: group_full', 'read_receipt: too_many_gaps'];
    const onRest = REFUSED.filter(([name]) => isOnRest(operations[name]));
    expect(own).to.have.members([...onRest.map(keyOf), ...elsewhere]);
  });

  it('common to all operations are returned with the documented status, body and headers', async () => {
    const { admin, group, message } = world;
    const { token } = world.people.admin;
    const inPath: Record<string, number> = { conversation_id: group, message_id: message, user_id: admin };
    for (const [name, { method, path, operation }] of restRoutes(openApi)) {
      const url = `${app.url}${path.replace(/\{(\w+)\}/g, (_, field: string) => String(inPath[field]))}`;
      const authorization = `Bearer ${token}`;
      const json = { authorization, 'content-type': 'application/json' };
      const ask = (options: RequestInit) => fetch(url, { method: method.toUpperCase(), ...options });
      const refusals: [ErrorCode, Promise<Response>][] = [['method_not_allowed', ask({ method: 'QUERY' })]];
      if (operation.security === undefined) refusals.push(['unauthenticated', ask({})]);
      if (method !== 'get')
        refusals.push(['forbidden_origin', ask({ headers: { ...json, origin: 'https://evil.example' } })]);
      if (operation.requestBody !== undefined) {
        refusals.push(
          ['invalid_json', ask({ headers: json, body: '{' })],
          ['unsupported_media_type', ask({ headers: { authorization, 'content-type': 'text/plain' }, body: '{}' })],
          ['body_too_large', ask({ headers: json, body: JSON.stringify('x'.repeat(65_536)) })],
          ['invalid_input', ask({ headers: json, body: '"no object"' })],
        );
      }
      for (const [code, asking] of refusals) await mustBeAsDocumented(name, operation, code, await asking);
    }
  });

  it('of a busy, limiting or disconnected server are described, and so are those of unknown addresses', async () => {
    for (const [name, { operation }] of restRoutes(openApi)) {
      for (const code of ['rate_limited', 'internal_error', 'database_unavailable', 'busy', 'shutting_down'] as const) {
        const { content, headers } =
          responseOf(openApi, operation, ERRORS[code].status) ?? expect.fail(`${name}: ${code}`);
        mustConform(content['application/json'].examples?.[code]?.value, content['application/json'].schema, code);
        if (ERRORS[code].status === 503 || code === 'rate_limited') expect(headers).to.have.property('Retry-After');
      }
    }
    const { refused } = openApi.components.responses;
    for (const path of ['/api/nothing', '/api/ws']) {
      const answer = await fetch(`${app.url}${path}`);
      expect(answer.status).to.equal(path === '/api/ws' ? 426 : 404);
      mustConform(await answer.json(), refused?.content['application/json'].schema ?? {}, path);
    }
  });

  async function mustBeAsDocumented(name: string, operation: RestOperation, code: ErrorCode, answer: Response) {
    const what = `${name}: ${code}`;
    const body = (await answer.json()) as { code: string };
    expect([answer.status, body.code], what).to.deep.equal([ERRORS[code].status, code]);
    const { content, headers } = responseOf(openApi, operation, answer.status) ?? expect.fail(what);
    mustConform(body, content['application/json'].schema, what);
    expect(Object.keys(content['application/json'].examples ?? {}), what).to.include(code);
    const documented = Object.keys(headers).map((header) => header.toLowerCase());
    for (const header of ['allow', 'www-authenticate', 'retry-after', 'ratelimit-limit', 'x-request-id'])
      if (answer.headers.has(header)) expect(documented, what).to.include(header);
    if (code === 'method_not_allowed') expect(answer.headers.get('allow'), what).to.match(/[A-Z]+, OPTIONS$/);
  }
});
