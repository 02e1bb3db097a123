import { expect } from 'chai';
import { enter, refusedUpgrade } from './connect.ts';
import { accepted, http, onEachServer, privateOf, refused, SOCKETS, send, TRANSPORTS } from './fixture.ts';

const SENDS = 4;
const OPERATIONS = 6;
const CONNECTIONS = 2;
const SECONDS = 60;
/** Small enough to be reached quickly, with windows long enough not to end during a test. */
const SMALL_LIMITS = {
  RATE_LIMITS: 'on',
  RATE_SENDS: `2/${SECONDS}`,
  RATE_SENDS_BURST: `${SENDS}`,
  RATE_OPERATIONS: `${OPERATIONS}/${SECONDS}`,
  MAX_CONNECTIONS_PER_USER: `${CONNECTIONS}`,
  RATE_SIGNUP_ORIGIN: '10000/60',
};
const password = 'StrongPassword123';

/** The rate limit headers, as numbers. */
function quotaIn(headers: Headers) {
  const [limit, remaining, reset] = ['Limit', 'Remaining', 'Reset'].map((name) => headers.get(`RateLimit-${name}`));
  for (const each of [limit, remaining, reset]) expect(each).to.match(/^\d+$/);
  return { limit: Number(limit), remaining: Number(remaining), reset: Number(reset) };
}

/** Checks a 429 over HTTP: its body and its `Retry-After`. */
function expectTooMany({ status, headers, body }: Awaited<ReturnType<typeof http>>, limit: number, seconds: number) {
  expect([status, body.code, body.success]).to.deep.equal([429, 'rate_limited', false]);
  expect(Number(headers.get('retry-after'))).to.be.within(1, seconds);
  const quota = quotaIn(headers);
  expect(quota).to.deep.include({ limit, remaining: 0 });
  expect(quota.reset).to.be.within(1, seconds);
}

onEachServer(
  'A rate limit',
  (app) => {
    for (const transport of TRANSPORTS) {
      it(`of operations applies over ${transport}, per user`, async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const client = await alice.client(transport);
        for (let count = 0; count < OPERATIONS; count += 1) accepted(await client.ask('me'));
        const { retry_after } = refused(await client.ask('me'), 429, 'rate_limited');
        if (transport !== 'rest') expect(retry_after).to.be.within(1, SECONDS);
        accepted(await (await bob.client(transport)).ask('me'));
      });

      it(`of sends applies over ${transport}, with its burst, and nothing beyond it is sent`, async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const [client, conversation_id] = [await alice.client(transport), await privateOf(alice, bob)];
        for (let count = 1; count <= SENDS; count += 1) await send(client, conversation_id, `${count}`);
        const over = await client.ask('message', { conversation_id, content: 'too much' });
        const { retry_after } = refused(over, 429, 'rate_limited');
        if (transport !== 'rest') expect(retry_after).to.be.within(1, 2 * SECONDS);
        const { messages } = accepted(await bob.rest.ask('list_messages', { conversation_id }));
        expect(messages.map(({ content }: { content: string }) => content)).to.deep.equal(['4', '3', '2', '1']);
        accepted(await client.ask('me'));
      });
    }

    it('is in the headers of every answer over HTTP, including the refused one', async () => {
      const { token } = await app().person();
      for (let left = OPERATIONS - 1; left >= 0; left -= 1) {
        const { status, headers } = await http(app(), left > 0 ? 'GET /api/me' : 'GET /api/users/0/last-seen', {
          token,
        });
        expect(status).to.equal(left > 0 ? 200 : 400);
        const { limit, remaining, reset } = quotaIn(headers);
        expect([limit, remaining]).to.deep.equal([OPERATIONS, left]);
        expect(reset).to.be.within(1, SECONDS);
      }
      expectTooMany(await http(app(), 'GET /api/me', { token }), OPERATIONS, SECONDS);
    });

    it('of sends is reported as one limit, including the burst: the number of remaining sends', async () => {
      const [alice, bob] = await app().people('alice', 'bob');
      const body = { conversation_id: await privateOf(alice, bob), content: 'Hello!' };
      for (let left = SENDS - 1; left >= 0; left -= 1) {
        const { status, headers } = await http(app(), 'POST /api/messages', { token: alice.token, body });
        expect(status).to.equal(200);
        expect(quotaIn(headers)).to.deep.include({ limit: SENDS, remaining: left });
      }
      expectTooMany(await http(app(), 'POST /api/messages', { token: alice.token, body }), SENDS, 2 * SECONDS);
    });

    it('is in no header that the API documents do not list', async () => {
      const { token, username } = await app().person();
      const wrong = { username, password: 'wrong' };
      const answers = [
        await http(app(), 'POST /api/login', { body: wrong }),
        await http(app(), 'GET /api/me', { token: 'x' }),
        await http(app(), 'DELETE /api/me', { token }),
        await http(app(), 'POST /api/messages', { token, text: '{' }),
        await http(app(), 'POST /api/messages', { token, text: 'a', headers: { 'content-type': 'text/plain' } }),
        await http(app(), 'POST /api/login', { body: { username, password } }),
      ];
      expect(answers.map(({ status }) => status)).to.deep.equal([401, 401, 405, 400, 415, 200]);
      for (const { headers, status } of answers)
        expect(
          [...headers.keys()].filter((name) => name.startsWith('ratelimit')),
          `${status}`,
        ).to.deep.equal([]);
    });

    it('of one-time codes allows 3 per address, known or not', async () => {
      const { email } = await app().person();
      await http(app(), 'POST /api/forgot/initiate', { body: { email } }); // the sign-up has taken one
      await http(app(), 'POST /api/forgot/initiate', { body: { email } });
      expectTooMany(await http(app(), 'POST /api/forgot/initiate', { body: { email: email.toUpperCase() } }), 3, 600);
      const body = { username: 'somebody', email: 'somebody@example.com', password };
      for (let count = 0; count < 3; count += 1) {
        expect((await http(app(), 'POST /api/signup/initiate', { body })).status).to.equal(200);
      }
      expectTooMany(await http(app(), 'POST /api/signup/initiate', { body }), 3, 600);
    });

    it('of failed logins locks an account after 5, also for the right password, and no other account', async () => {
      const [{ username }, other] = await app().people('alice', 'bob');
      for (let count = 0; count < 5; count += 1) {
        const body = { username, password: `wrong ${count}` };
        expect((await http(app(), 'POST /api/login', { body })).status).to.equal(401);
      }
      expectTooMany(
        await http(app(), 'POST /api/login', { body: { username: username.toUpperCase(), password } }),
        5,
        900,
      );
      const body = { username: other.username, password };
      expect((await http(app(), 'POST /api/login', { body })).status).to.equal(200);
    });

    for (const transport of SOCKETS) {
      it(`of connections refuses one more over ${transport}, and accepts it when others have closed`, async () => {
        const [person, watcher] = await app().people('alice', 'bob');
        await privateOf(watcher, person);
        const watching = await watcher.raw();
        const connect = () => (transport === 'raw' ? person.raw() : enter(app(), '/chat', person.token));
        const open = await Promise.all(Array.from({ length: CONNECTIONS }, connect));
        await watching.inbox.next('presence', { content: 'online' });
        const url = `${app().url.replace('http', 'ws')}/api/ws?token=${person.token}`;
        expect(await refusedUpgrade(url)).to.deep.include({ status: 429, code: 'rate_limited' });
        const refusal = await enter(app(), '/chat', person.token).catch((error) => error.message);
        expect(refusal, 'a reason for which a client reconnects').to.equal('transport close');
        for (const each of open) each.close();
        await watching.inbox.next('presence', { content: 'offline' });
        (await connect()).close();
      });
    }
  },
  SMALL_LIMITS,
);

onEachServer(
  'By default, the rate limit',
  (app) => {
    it('of operations is 50 per second, and of sends 60 in a burst', async () => {
      const [alice, bob] = await app().people('alice', 'bob');
      const { token } = alice;
      expect(quotaIn((await http(app(), 'GET /api/me', { token })).headers)).to.deep.include({ limit: 50, reset: 1 });
      const body = { conversation_id: await privateOf(alice, bob), content: 'Hello!' };
      const sent = await http(app(), 'POST /api/messages', { token, body });
      expect(quotaIn(sent.headers)).to.deep.equal({ limit: 60, remaining: 59, reset: 1 });
    });

    it('of sign-ups is 60 per minute and client address', async () => {
      const body = { username: 'newcomer', email: 'newcomer@example.com', password };
      const { headers } = await http(app(), 'POST /api/signup/initiate', { body });
      expect(quotaIn(headers).limit).to.equal(60);
    });
  },
  { RATE_LIMITS: 'on' },
);
