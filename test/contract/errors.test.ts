import { expect } from 'chai';
import { ERRORS } from '../../src/operation/errors.ts';
import type { TestApp } from '../support/app.ts';
import type { Person } from '../support/people.ts';
import {
  type Clients,
  clientsOf,
  groupOf,
  http,
  onEachServer,
  privateOf,
  refused,
  SOCKETS,
  send,
  TRANSPORTS,
} from './fixture.ts';

/** Alice's private conversation with bob, her own group, a group of bob that she is in, and one that she is not in. */
type World = {
  alice: Person;
  bob: Person;
  /** Alice's clients. */
  clients: Clients;
  chat: number;
  own: number;
  bobs: number;
  strange: number;
  message: number;
  sent: string;
};
/** A call by alice on any transport, and the status of its error over REST. */
type Asking = { status: number; operation: string; input(world: World): object };
/** Errors that exist only over HTTP. */
type Requesting = { status: number; request(app: TestApp, world: World): ReturnType<typeof http> };

const NOBODY = 999_999_999;
const password = 'StrongPassword123';

const ASKED: Record<string, Asking> = {
  invalid_input: { status: 400, operation: 'message', input: () => ({}) },
  unknown_member: { status: 400, operation: 'create_group', input: () => ({ name: 'Chess', member_ids: [NOBODY] }) },
  own_conversation: {
    status: 400,
    operation: 'open_private_conversation',
    input: ({ alice }) => ({ other_user_id: alice.id }),
  },
  not_participant: {
    status: 403,
    operation: 'message',
    input: ({ strange }) => ({ conversation_id: strange, content: 'Hello!' }),
  },
  not_admin: {
    status: 403,
    operation: 'rename_conversation',
    input: ({ bobs }) => ({ conversation_id: bobs, name: 'Chess' }),
  },
  not_sender: {
    status: 403,
    operation: 'edit_message',
    input: ({ message }) => ({ message_id: message, content: 'x' }),
  },
  private_conversation: {
    status: 403,
    operation: 'add_participant',
    input: ({ chat, bob }) => ({ conversation_id: chat, user_id: bob.id }),
  },
  wrong_password: {
    status: 403,
    operation: 'change_password',
    input: () => ({ password: 'another one', new_password: 'NewStrongPassword456' }),
  },
  unknown_user: { status: 404, operation: 'last_seen', input: () => ({ user_id: NOBODY }) },
  unknown_participant: {
    status: 404,
    operation: 'remove_participant',
    input: ({ own, bob }) => ({ conversation_id: own, user_id: bob.id }),
  },
  unknown_message: { status: 404, operation: 'read_receipt', input: () => ({ message_ids: [NOBODY] }) },
  client_message_id_reused: {
    status: 409,
    operation: 'message',
    input: ({ own, sent }) => ({ conversation_id: own, content: 'Something else', client_message_id: sent }),
  },
  username_taken: {
    status: 409,
    operation: 'update_me',
    input: ({ bob }) => ({ username: bob.username.toUpperCase() }),
  },
};

const REQUESTED: Record<string, Requesting> = {
  invalid_json: { status: 400, request: (app) => http(app, 'POST /api/login', { text: '{"username":' }) },
  invalid_handshake: { status: 400, request: (app) => http(app, 'GET /socket.io/?EIO=4&transport=websocket') },
  unsupported_client: { status: 400, request: (app) => http(app, 'GET /socket.io/?EIO=3&transport=polling') },
  unauthenticated: { status: 401, request: (app) => http(app, 'GET /api/me') },
  invalid_credentials: {
    status: 401,
    request: (app, { alice: { username } }) => http(app, 'POST /api/login', { body: { username, password: 'wrong' } }),
  },
  forbidden_origin: {
    status: 403,
    request: (app, { alice: { cookie } }) =>
      http(app, 'PUT /api/me', { cookie, body: {}, headers: { origin: 'https://evil.example' } }),
  },
  unknown_route: { status: 404, request: (app, { alice: { token } }) => http(app, 'GET /api/nothing', { token }) },
  method_not_allowed: { status: 405, request: (app, { alice: { token } }) => http(app, 'DELETE /api/me', { token }) },
  body_too_large: {
    status: 413,
    request: (app) => http(app, 'POST /api/login', { body: { username: 'x'.repeat(65_536) } }),
  },
  unsupported_media_type: {
    status: 415,
    request: (app) =>
      http(app, 'POST /api/login', { text: 'username=alice', headers: { 'content-type': 'text/plain' } }),
  },
  invalid_otp: {
    status: 422,
    request: (app) => {
      const body = { username: 'newcomer', email: 'newcomer@example.com', password, otp: '000000' };
      return http(app, 'POST /api/signup/verify', { body });
    },
  },
  upgrade_required: { status: 426, request: (app, { alice: { token } }) => http(app, 'GET /api/ws', { token }) },
  rate_limited: {
    status: 429,
    async request(app) {
      const { username } = await app.person();
      const body = { username, password: 'wrong' };
      for (let failures = 0; failures < 5; failures += 1) await http(app, 'POST /api/login', { body });
      return http(app, 'POST /api/login', { body: { username, password } });
    },
  },
  busy: {
    status: 503,
    async request(app) {
      const { username } = await app.person();
      const body = { username, password: 'wrong' };
      const tries = Array.from({ length: 100 }, () => http(app, 'POST /api/login', { body }));
      const answers = await Promise.all(tries);
      return answers.find(({ status }) => status === 503) ?? (answers[0] as (typeof answers)[0]);
    },
  },
};
/** Errors that no client can cause. */
const OURS_ALONE = ['internal_error', 'database_unavailable', 'shutting_down'];
/** Errors of requests that no HTTP client library sends: see `test/attacks/`. */
const NO_HTTP = ['invalid_request', 'expectation_failed', 'headers_too_large', 'request_timeout'];
/** Needs ten thousand read ranges: see `test/attacks/read-ranges.test.ts`. */
const AFTER_A_WHILE = ['too_many_gaps'];
/** Over HTTP this is an `unknown_route`. */
const ONLY_ON_SOCKETS = ['unknown_operation'];
/** Needs 5,000 users: see `test/attacks/cost.test.ts`. */
const OF_FULL_GROUPS = ['group_full'];

async function setTheScene(app: TestApp): Promise<World> {
  const [alice, bob] = await app.people('alice', 'bob');
  const clients = await clientsOf(alice);
  const [chat, own, strange] = [await privateOf(alice, bob), await groupOf(alice), await groupOf(bob)];
  const bobs = await groupOf(bob, alice);
  const sent = 'the first';
  await send(alice, own, 'Hello!', { client_message_id: sent });
  const message = (await send(bob, bobs)).message_id;
  return { alice, bob, clients, chat, own, bobs, strange, message, sent };
}

onEachServer(
  'The error',
  (app) => {
    let world: World; // no error changes it
    before(async () => {
      world = await setTheScene(app());
    });

    it('table has no code that a client can cause and these tests do not', () => {
      const provoked = [...Object.keys(ASKED), ...Object.keys(REQUESTED), ...ONLY_ON_SOCKETS, ...OF_FULL_GROUPS];
      expect(Object.keys(ERRORS)).to.have.members([...provoked, ...OURS_ALONE, ...NO_HTTP, ...AFTER_A_WHILE]);
    });

    for (const [code, { status, operation, input }] of Object.entries(ASKED)) {
      for (const transport of TRANSPORTS) {
        it(`${code} answers ${operation} over ${transport}${transport === 'rest' ? `, with status ${status}` : ''}`, async () => {
          const { fields } = refused(await world.clients[transport].ask(operation, input(world)), status, code);
          expect(fields !== undefined).to.equal(['invalid_input', 'unknown_member', 'wrong_password'].includes(code));
          for (const field of fields ?? []) expect(field).to.have.all.keys('field', 'message');
        });
      }
    }

    for (const [code, { status, request }] of Object.entries(REQUESTED)) {
      it(`${code} is returned over HTTP with status ${status} and the common error body`, async () => {
        const answer = await request(app(), world);
        expect([answer.status, answer.body.code]).to.deep.equal([status, code]);
        expect(answer.headers.get('content-type')).to.match(/^application\/json/);
        expect(answer.body).to.have.all.keys('success', 'error', 'code');
        expect(answer.body.success).to.equal(false);
        expect(answer.body.error).to.match(/^[A-Z].*\.$/);
      });
    }

    for (const transport of SOCKETS) {
      it(`unknown_operation is returned over ${transport} for an unknown operation, or one that is not on sockets`, async () => {
        for (const name of ['nonsense', 'login', 'signup_verify', 'toString', '__proto__', 'presence']) {
          refused(await world.clients[transport].ask(name, {}), 404, 'unknown_operation');
        }
      });
    }
  },
  // hashing is slow enough for a queue to form
  { RATE_LIMITS: 'on', RATE_SIGNUP_ORIGIN: '10000/60', RATE_LOGIN_ORIGIN: '10000/60', BCRYPT_COST: '8' },
);
