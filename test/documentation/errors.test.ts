import { expect } from 'chai';
import { ERRORS, type ErrorCode } from '../../src/errors.ts';
import { groupOf, privateOf, send } from '../contract/scene.ts';
import { startApp, type TestApp } from '../support/app.ts';
import type { Person } from '../support/people.ts';
import { mustConform } from './conformance.ts';
import { type AsyncApi, documentsOf, type OpenApi, responseOf, restOperations } from './documents.ts';

type World = { alice: Person; bob: Person; eve: Person; group: number; pair: number; message: number };
type Refused = [operation: string, code: ErrorCode, by: 'alice' | 'bob' | 'eve', input: (world: World) => object];

const NOBODY = 999_999_999;
const account = { password: 'StrongPassword123', email: 'new@example.com' };

/** How each error that is an operation's own comes about; bob is in alice's group, eve is nowhere. */
const REFUSED: Refused[] = [
  ['signup_initiate', 'username_taken', 'alice', ({ bob }) => ({ ...account, username: bob.username })],
  ['signup_verify', 'invalid_otp', 'alice', () => ({ ...account, username: 'newcomer', otp: '000000' })],
  ['login', 'invalid_credentials', 'alice', ({ bob }) => ({ username: bob.username, password: 'wrong password' })],
  [
    'forgot_reset',
    'invalid_otp',
    'alice',
    ({ bob }) => ({ email: bob.email, otp: '0', new_password: account.password }),
  ],
  ['update_me', 'username_taken', 'alice', ({ bob }) => ({ username: bob.username })],
  ['last_seen', 'unknown_user', 'alice', () => ({ user_id: NOBODY })],
  ['open_private_conversation', 'own_conversation', 'alice', ({ alice }) => ({ other_user_id: alice.id })],
  ['open_private_conversation', 'unknown_user', 'alice', () => ({ other_user_id: NOBODY })],
  ['create_group', 'unknown_member', 'alice', () => ({ name: 'x', member_ids: [NOBODY] })],
  ['rename_conversation', 'not_participant', 'eve', ({ group }) => ({ conversation_id: group, name: 'x' })],
  ['rename_conversation', 'private_conversation', 'alice', ({ pair }) => ({ conversation_id: pair, name: 'x' })],
  ['rename_conversation', 'not_admin', 'bob', ({ group }) => ({ conversation_id: group, name: 'x' })],
  ['list_participants', 'not_participant', 'eve', ({ group }) => ({ conversation_id: group })],
  ['add_participant', 'not_participant', 'eve', ({ group, eve }) => ({ conversation_id: group, user_id: eve.id })],
  ['add_participant', 'private_conversation', 'alice', ({ pair, eve }) => ({ conversation_id: pair, user_id: eve.id })],
  ['add_participant', 'not_admin', 'bob', ({ group, eve }) => ({ conversation_id: group, user_id: eve.id })],
  ['add_participant', 'unknown_user', 'alice', ({ group }) => ({ conversation_id: group, user_id: NOBODY })],
  ['remove_participant', 'not_participant', 'eve', ({ group, bob }) => ({ conversation_id: group, user_id: bob.id })],
  [
    'remove_participant',
    'private_conversation',
    'alice',
    ({ pair, bob }) => ({ conversation_id: pair, user_id: bob.id }),
  ],
  ['remove_participant', 'not_admin', 'bob', ({ group, alice }) => ({ conversation_id: group, user_id: alice.id })],
  ['remove_participant', 'unknown_user', 'alice', ({ group }) => ({ conversation_id: group, user_id: NOBODY })],
  [
    'remove_participant',
    'unknown_participant',
    'alice',
    ({ group, eve }) => ({ conversation_id: group, user_id: eve.id }),
  ],
  ['list_messages', 'not_participant', 'eve', ({ group }) => ({ conversation_id: group })],
  ['list_messages', 'unknown_message', 'bob', ({ group }) => ({ conversation_id: group, before: NOBODY })],
  ['message', 'not_participant', 'eve', ({ group }) => ({ conversation_id: group, content: 'x' })],
  [
    'message',
    'client_message_id_reused',
    'alice',
    ({ group }) => ({ conversation_id: group, content: 'x', client_message_id: 'the first' }),
  ],
  ['read_receipt', 'unknown_message', 'bob', () => ({ message_ids: [NOBODY] })],
  ['read_receipt', 'not_participant', 'eve', ({ message }) => ({ message_ids: [message] })],
  ['edit_message', 'unknown_message', 'alice', () => ({ message_id: NOBODY, content: 'x' })],
  ['edit_message', 'not_participant', 'eve', ({ message }) => ({ message_id: message, content: 'x' })],
  ['edit_message', 'not_sender', 'bob', ({ message }) => ({ message_id: message, content: 'x' })],
  ['delete_message', 'unknown_message', 'alice', () => ({ message_id: NOBODY })],
  ['delete_message', 'not_participant', 'eve', ({ message }) => ({ message_id: message })],
  ['delete_message', 'not_sender', 'bob', ({ message }) => ({ message_id: message })],
  ['delivered', 'not_participant', 'eve', ({ group }) => ({ conversation_id: group, seq: 1 })],
];
/** What any operation can be refused with. */
const COMMON = ['invalid_input', 'unauthenticated', 'rate_limited', 'internal_error', 'database_unavailable', 'busy'];
const COMMON_TOO = ['shutting_down', 'invalid_json', 'forbidden_origin', 'body_too_large', 'unsupported_media_type'];

describe('The documented errors', function () {
  this.timeout(20_000);
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
      alice,
      bob,
      eve,
      group,
      pair,
      message: (await send(alice, group, 'Hello!', { client_message_id: 'the first' })).message_id,
    };
  });
  after(() => app.stop());

  it('of each operation are those that it gives, as they say, over HTTP and over a socket', async () => {
    const { failure } = asyncApi.channels.chat?.messages ?? {};
    const payload =
      asyncApi.components.messages[failure?.$ref.split('/').at(-1) ?? '']?.payload ?? expect.fail('failure');
    const sockets = {
      alice: await world.alice.socketio(),
      bob: await world.bob.socketio(),
      eve: await world.eve.socketio(),
    };
    for (const [name, code, by, input] of REFUSED) {
      const { error, status = 0, ok } = await world[by].rest.ask(name, input(world));
      expect({ code: error?.code, status }, `${name}: ${code}`).to.deep.equal({ code, status: ERRORS[code].status });
      const { message, ...rest } = error;
      mustConform({ success: ok, error: message, ...rest }, openApi.components.schemas.Error, `${name}: ${code}`);
      if (asyncApi.operations[`chat.${name}`] === undefined) continue;
      const refusal = await sockets[by].ask(name, input(world));
      expect(refusal.error.code).to.equal(code);
      mustConform(refusal, payload, `${name}: ${code}`);
    }
  });

  it('of each operation are all there, and none that it never gives', () => {
    const own = [...restOperations(openApi)].flatMap(([name, { operation }]) =>
      Object.keys(operation.responses)
        .filter((status) => status !== '200')
        .flatMap((status) =>
          Object.keys(responseOf(openApi, operation, Number(status))?.content['application/json'].examples ?? {}),
        )
        .filter((code) => ![...COMMON, ...COMMON_TOO].includes(code))
        .map((code) => `${name}: ${code}`),
    );
    // a race: two verify the same name; and what takes 5,000 people, or ten thousand messages
    const elsewhere = ['signup_verify: username_taken', 'add_participant: group_full', 'read_receipt: too_many_gaps'];
    expect(own).to.have.members([...REFUSED.map(([name, code]) => `${name}: ${code}`), ...elsewhere]);
  });
});
