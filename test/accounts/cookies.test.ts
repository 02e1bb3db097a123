import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';
import { ask, codeFor, newAccount } from './requests.ts';

const PRODUCTION = { NODE_ENV: 'production' };
const CASES: [string, Record<string, string>, string[]][] = [
  ['by default', {}, ['samesite=lax']],
  ['with COOKIE_SAMESITE=strict', { COOKIE_SAMESITE: 'strict' }, ['samesite=strict']],
  ['with COOKIE_SECURE=on', { COOKIE_SECURE: 'on' }, ['samesite=lax', 'secure']],
  ['for other sites', { COOKIE_SAMESITE: 'none', COOKIE_SECURE: 'on' }, ['samesite=none', 'secure', 'partitioned']],
  ['in production', PRODUCTION, ['samesite=lax', 'secure']],
  ['in production with COOKIE_SECURE=off', { ...PRODUCTION, COOKIE_SECURE: 'off' }, ['samesite=lax']],
];

function parse(header: string | null) {
  const [pair = '', ...attributes] = (header ?? '').split('; ');
  const expires = attributes.find((each) => each.startsWith('expires='))?.slice('expires='.length);
  const flags = attributes.filter((each) => !each.startsWith('expires='));
  return { pair, flags, expires: Date.parse(expires ?? '') };
}

describe('The session cookie', () => {
  let app: TestApp | undefined;
  afterEach(() => app?.stop());

  for (const [when, env, flags] of CASES) {
    it(`is httpOnly, has path=/ and ${flags.join(', ')} ${when}`, async () => {
      app = await startApp('sqlite', { JWT_TTL_MIN: '90', ...env });
      const account = newAccount();
      const otp = await codeFor(app, 'signup', account);
      const replies = [await ask(app, 'signup/verify', { ...account, otp }), await ask(app, 'login', account)];
      for (const { headers } of replies) {
        const cookie = parse(headers.get('set-cookie'));
        expect(cookie.pair).to.match(/^token=[\w-]+\.[\w-]+\.[\w-]+$/);
        expect(cookie.flags).to.have.members(['path=/', 'httponly', ...flags]);
        expect(cookie.expires - Date.now()).to.be.within(89 * 60_000, 90 * 60_000);
      }
    });
  }

  it('is sufficient for a browser, and is cleared by a logout', async () => {
    app = await startApp();
    const alice = await app.person('alice');
    const cookie = `theme=dark; ${alice.cookie}; token2=x`;
    const me = await fetch(`${app.url}/api/me`, { headers: { cookie } });
    expect(await me.json()).to.include({ success: true, id: alice.id });
    const { status, headers, body } = await ask(app, 'logout', {}, { cookie });
    expect([status, body]).to.deep.equal([200, { success: true, message: 'Logged out successfully' }]);
    const ended = parse(headers.get('set-cookie'));
    expect([ended.pair, ended.expires]).to.deep.equal(['token=', 0]);
    expect(ended.flags).to.have.members(['path=/', 'httponly', 'samesite=lax']);
    expect((await fetch(`${app.url}/api/me`, { headers: { cookie } })).status).to.equal(401);
  });

  it('is cleared by a logout without a session, or with an ended or damaged one', async () => {
    app = await startApp();
    const alice = await app.person('alice');
    await ask(app, 'logout', {}, { cookie: alice.cookie });
    for (const headers of [{}, { cookie: alice.cookie }, { cookie: 'token={}' }, { authorization: 'Bearer x' }]) {
      const { status, headers: received, body } = await ask(app, 'logout', {}, headers);
      expect([status, body]).to.deep.equal([200, { success: true, message: 'Logged out successfully' }]);
      expect(parse(received.get('set-cookie'))).to.include({ pair: 'token=', expires: 0 });
      expect(received.get('clear-site-data')).to.equal('"storage"');
    }
    const foreign = await ask(app, 'logout', {}, { origin: 'https://evil.example' });
    expect([foreign.status, foreign.headers.get('set-cookie')]).to.deep.equal([403, null]);
  });

  it('ends all sessions of the browser, if it sends several', async () => {
    app = await startApp();
    const [alice, bob] = await app.people('alice', 'bob');
    const cookie = `${alice.cookie}; token=x; ${bob.cookie}`;
    expect((await ask(app, 'logout', {}, { cookie })).status).to.equal(200);
    for (const { rest } of [alice, bob]) expect((await rest.ask('me')).ok).to.equal(false);
  });

  it('is cleared in the partition in which it was set', async () => {
    app = await startApp('sqlite', { COOKIE_SAMESITE: 'none', COOKIE_SECURE: 'on' });
    const { headers } = await ask(app, 'logout');
    expect(parse(headers.get('set-cookie')).flags).to.include.members(['samesite=none', 'secure', 'partitioned']);
  });

  it('is cleared by a password reset, which starts no session', async () => {
    app = await startApp();
    const alice = await app.person('alice');
    const reset = { email: alice.email, otp: await codeFor(app, 'forgot', alice), new_password: 'AnotherPassword1' };
    const { headers } = await ask(app, 'forgot/reset', reset);
    expect(parse(headers.get('set-cookie')).pair).to.equal('token=');
  });
});
