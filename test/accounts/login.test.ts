import bcrypt from 'bcrypt';
import { expect } from 'chai';
import { User } from '../../src/accounts/entities.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { ask, codeFor, PASSWORD, type Reply, withDatabase } from './requests.ts';

const ROUNDS = 5;
const answer = ({ status, body }: Reply) => ({ status, body });
/** What this process, with the server and its hashing threads, has used; unlike the clock it ignores a busy machine. */
const cpuMicroseconds = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

describe('Logging in', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp('sqlite', { RATE_LIMITS: 'on', RATE_SIGNUP_ORIGIN: '1000/60', RATE_LOGIN_ORIGIN: '1000/60' });
  });
  after(() => app.stop());

  const logIn = (username: string, password = PASSWORD) => ask(app, 'login', { username, password });
  const fail = async (username: string, times: number) => {
    for (let round = 0; round < times; round += 1) {
      expect((await logIn(username, 'not the password')).status).to.equal(401);
    }
  };

  it('accepts the username in any case, and the password in its own case only', async () => {
    const { username, id } = await app.person('Alice');
    expect((await logIn(username.toUpperCase())).body).to.deep.equal({ success: true, user_id: id });
    expect((await logIn(username, PASSWORD.toUpperCase())).status).to.equal(401);
  });

  it('is blocked for an account after 5 failures, even with the right password, and for no other', async () => {
    const [alice, bob] = await app.people('alice', 'bob');
    await fail(alice.username, 5);
    for (const username of [alice.username, alice.username.toUpperCase()]) {
      const { status, headers, body } = await logIn(username);
      expect([status, body.code]).to.deep.equal([429, 'rate_limited']);
      expect(Number(headers.get('retry-after'))).to.be.within(1, 900);
      expect(headers.get('set-cookie')).to.equal(null);
    }
    expect((await logIn(bob.username)).status).to.equal(200);
    expect(await alice.rest.ask('me'), 'existing sessions stay valid').to.include({ ok: true });
  });

  it('is blocked for an unknown name in the same way', async () => {
    const { username } = await app.person('alice');
    const [known, unknown] = await Promise.all(
      [username, 'nobody'].map(async (name) => {
        await fail(name, 5);
        return logIn(name);
      }),
    );
    expect(unknown?.status).to.equal(429);
    const { retry_after: _, ...body } = known?.body ?? {};
    expect(unknown?.body).to.deep.equal(body);
  });

  it('clears the failures when it succeeds', async () => {
    const { username } = await app.person('alice');
    await fail(username, 4);
    expect((await logIn(username)).status).to.equal(200);
    await fail(username, 4);
    expect((await logIn(username)).status).to.equal(200);
  });

  it('renews a hash of another cost once, with the same password', async () => {
    const { username, id } = await app.person('alice');
    const hash = () =>
      withDatabase(app, async (database) => (await database.entities().findOneOrFail(User, { id })).passwordHash);
    const other = await bcrypt.hash(PASSWORD, 5);
    await withDatabase(app, (database) => database.entities().nativeUpdate(User, { id }, { passwordHash: other }));
    expect((await logIn(username, 'not the password')).status).to.equal(401);
    expect(await hash(), 'a wrong password renews nothing').to.equal(other);
    expect((await logIn(username)).status).to.equal(200);
    const renewed = await hash();
    expect(bcrypt.getRounds(renewed)).to.equal(4);
    expect((await logIn(username)).status).to.equal(200);
    expect(await hash()).to.equal(renewed);
  });

  it('is possible again after a new password was set with a code', async () => {
    const alice = await app.person('alice');
    await fail(alice.username, 5);
    const reset = { email: alice.email, otp: await codeFor(app, 'forgot', alice), new_password: 'AnotherPassword1' };
    expect((await ask(app, 'forgot/reset', reset)).status).to.equal(200);
    expect((await logIn(alice.username, 'AnotherPassword1')).status).to.equal(200);
    expect((await logIn(alice.username)).status, 'the old password').to.equal(401);
  });
});

/** Hashing takes much longer than the rest of a login. */
describe('Logging in while hashing takes long', () => {
  let app: TestApp;
  before(async () => {
    const limits = { RATE_LIMITS: 'on', RATE_LOGIN_ORIGIN: '6/900', TRUST_PROXY: '1' };
    app = await startApp('sqlite', { ...limits, BCRYPT_COST: '10' });
  });
  after(() => app.stop());

  const failFrom = (address: string, username: string) =>
    ask(app, 'login', { username, password: 'not the password' }, { 'x-forwarded-for': address });

  it('answers an unknown username like a wrong password, after as much work', async () => {
    const { username } = await app.person('alice');
    const costs: Record<string, number[]> = { known: [], unknown: [] };
    const names = { known: ['203.0.113.1', username], unknown: ['203.0.113.2', 'nobody'] } as const;
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [which, [address, name]] of Object.entries(names)) {
        const start = cpuMicroseconds();
        const reply = await failFrom(address, name);
        costs[which]?.push(cpuMicroseconds() - start);
        expect(answer(reply)).to.deep.equal({
          status: 401,
          body: { success: false, error: 'Wrong username or password.', code: 'invalid_credentials' },
        });
      }
    }
    const [known = 0, unknown = 0] = Object.values(costs).map((each) => each.sort((a, b) => a - b)[2]);
    expect(unknown / known, 'an answer without hashing costs a tenth').to.be.within(0.4, 2.5);
  });

  it('counts concurrent failures for an account', async () => {
    const { username } = await app.person('alice');
    const tries = Array.from({ length: 20 }, () => failFrom('203.0.113.3', username));
    const statuses = (await Promise.all(tries)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).to.have.length(5);
    expect(statuses.filter((status) => status === 429)).to.have.length(15);
  });

  it('is blocked after too many concurrent failures from one client address, and no more passwords are hashed', async () => {
    const tries = Array.from({ length: 40 }, (_, index) => failFrom('203.0.113.4', `nobody${index}`));
    const statuses = (await Promise.all(tries)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).to.have.length(6);
    expect(statuses.filter((status) => status === 429)).to.have.length(34);
  });
});

describe('Repeated logins', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp('sqlite', { RATE_LIMITS: 'on', RATE_LOGINS: '3/900', TRUST_PROXY: '1' });
  });
  after(() => app.stop());

  it('are limited per account and network, with right and wrong passwords', async () => {
    const [alice, bob] = await app.people('alice', 'bob');
    const logIn = async (username: string, password = PASSWORD, address = '127.0.0.1') =>
      (await ask(app, 'login', { username, password }, { 'x-forwarded-for': address })).status;
    for (const status of [200, 200, 200, 429, 429]) expect(await logIn(alice.username)).to.equal(status);
    expect(await logIn(alice.username, 'not the password')).to.equal(429);
    expect(await logIn(alice.username, PASSWORD, '203.0.113.1'), 'from another network').to.equal(200);
    expect(await logIn(bob.username)).to.equal(200);
    for (let round = 0; round < 4; round += 1) expect(await logIn(bob.username, 'not the password')).to.equal(401);
    expect(await logIn(bob.username), 'failures do not count as logins').to.equal(200);
  });
});

describe('Logging in from one client address', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp('sqlite', {
      RATE_LIMITS: 'on',
      RATE_LOGIN_ORIGIN: '6/900',
      TRUST_PROXY: '1',
    });
  });
  after(() => app.stop());

  const from = async (address: string, username: string, password: string) =>
    (await ask(app, 'login', { username, password }, { 'x-forwarded-for': address })).status;

  it('is not blocked by successful logins, nor by attempts on a blocked account', async () => {
    const [alice, bob] = await app.people('alice', 'bob');
    for (let round = 0; round < 8; round += 1)
      expect(await from('203.0.113.2', alice.username, PASSWORD)).to.equal(200);
    for (let round = 0; round < 5; round += 1)
      expect(await from('203.0.113.3', bob.username, 'wrong one')).to.equal(401);
    for (let round = 0; round < 8; round += 1) expect(await from('203.0.113.2', bob.username, PASSWORD)).to.equal(429);
    const wrong = Array.from({ length: 6 }, (_, index) => from('203.0.113.2', `nobody${index}`, PASSWORD));
    expect(await Promise.all(wrong), 'none of them was counted').to.deep.equal(wrong.map(() => 401));
    expect(await from('203.0.113.2', alice.username, PASSWORD)).to.equal(429);
  });

  it('is blocked after too many failures for any accounts', async () => {
    const { username } = await app.person('alice');
    const guesses = Array.from({ length: 6 }, (_, index) => ({ username: `nobody${index}`, password: PASSWORD }));
    for (const { status } of await Promise.all(guesses.map((guess) => ask(app, 'login', guess)))) {
      expect(status).to.equal(401);
    }
    const { status, headers } = await ask(app, 'login', { username, password: PASSWORD });
    expect(status).to.equal(429);
    expect(Number(headers.get('retry-after'))).to.be.within(1, 900);
  });
});
