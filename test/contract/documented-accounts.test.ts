import { expect } from 'chai';
import type { TestApp } from '../support/app.ts';
import { codeIn } from '../support/people.ts';
import { DOCUMENTED, expectShape } from './documented.ts';
import { http, onEachServer } from './fixture.ts';

const PASSWORD = 'StrongPassword123';
let count = 0;

/** The fields of a sign-up form. */
function newcomer() {
  count += 1;
  return { username: `new.comer-${count}`, email: `new${count}@example.com`, password: PASSWORD };
}

/** The attributes of a Set-Cookie header in lower case, and its name and value as `pair`. */
function cookieIn(headers: Headers): Record<string, string> {
  const [pair = '', ...attributes] = (headers.getSetCookie()[0] ?? '').split(/; */);
  const named = attributes.map((each) => each.split('=') as [string, string?]);
  return { pair, ...Object.fromEntries(named.map(([name, value = '']) => [name.toLowerCase(), value.toLowerCase()])) };
}

async function signUp(app: TestApp) {
  const account = newcomer();
  const initiated = await http(app, 'POST /api/signup/initiate', { body: account });
  const otp = codeIn((await app.smtp.next(account.email)).text);
  const verified = await http(app, 'POST /api/signup/verify', { body: { ...account, otp } });
  return { account, initiated, verified };
}

onEachServer('An account', (app) => {
  it('is created in the two documented steps, with the documented answers', async () => {
    const { account, initiated, verified } = await signUp(app());
    expect([initiated.status, verified.status]).to.deep.equal([200, 200]);
    expect(initiated.body).to.include(DOCUMENTED.otpSent);
    expectShape(verified.body, DOCUMENTED.loggedIn);
    const me = await http(app(), 'GET /api/me', { cookie: cookieIn(verified.headers).pair ?? '' });
    expectShape(me.body, DOCUMENTED.me);
    expect(me.body).to.include({ id: verified.body.user_id, username: account.username, email: account.email });
  });

  it('is logged in to by its username, in any case, with the documented answer', async () => {
    const { account, verified } = await signUp(app());
    const credentials = { username: account.username.toUpperCase(), password: PASSWORD };
    const login = await http(app(), 'POST /api/login', { body: credentials });
    expect(login.status).to.equal(200);
    expectShape(login.body, DOCUMENTED.loggedIn);
    expect(login.body.user_id).to.equal(verified.body.user_id);
    expect(cookieIn(login.headers).pair).not.to.equal(cookieIn(verified.headers).pair);
  });

  it('has its session in a cookie for the whole site that scripts cannot read', async () => {
    const { account, verified } = await signUp(app());
    const login = await http(app(), 'POST /api/login', { body: account });
    for (const { headers } of [verified, login]) {
      const { pair, expires, ...attributes } = cookieIn(headers);
      expect(pair).to.match(/^token=[\w-]+\.[\w-]+\.[\w-]+$/);
      expect(attributes).to.deep.equal({ path: '/', httponly: '', samesite: 'lax' });
      const days = (Date.parse(expires ?? '') - Date.now()) / 86_400_000;
      expect(days).to.be.within(0.99, 1.01); // JWT_TTL_MIN is 1440
    }
  });

  it('is logged out of with the documented answer, which clears the cookie and ends the token', async () => {
    const { account, verified } = await signUp(app());
    const other = cookieIn((await http(app(), 'POST /api/login', { body: account })).headers).pair ?? '';
    const cookie = cookieIn(verified.headers).pair ?? '';
    const logout = await http(app(), 'POST /api/logout', { cookie });
    expect(logout.status).to.equal(200);
    expect(logout.body).to.deep.equal(DOCUMENTED.loggedOut);
    const { pair, expires, ...attributes } = cookieIn(logout.headers);
    expect(pair).to.equal('token=');
    expect(attributes).to.deep.equal({ path: '/', httponly: '', samesite: 'lax' });
    expect(Date.parse(expires ?? '')).to.be.below(Date.now());
    expect((await http(app(), 'GET /api/me', { cookie })).status).to.equal(401);
    expect((await http(app(), 'GET /api/me', { cookie: other })).status).to.equal(200);
  });

  it('gets a new password in the two documented steps, which ends all of its sessions', async () => {
    const { account, verified } = await signUp(app());
    const { email } = account;
    const initiated = await http(app(), 'POST /api/forgot/initiate', { body: { email } });
    expect(initiated.status).to.equal(200);
    expect(initiated.body).to.include(DOCUMENTED.otpSent);
    const otp = codeIn((await app().smtp.next(email)).text);
    const body = { email, otp, new_password: 'NewStrongPassword456' };
    const reset = await http(app(), 'POST /api/forgot/reset', { body });
    expect(reset.status).to.equal(200);
    expect(reset.body).to.deep.equal(DOCUMENTED.passwordUpdated);
    const old = await http(app(), 'GET /api/me', { cookie: cookieIn(verified.headers).pair ?? '' });
    expect(old.status).to.equal(401);
    expect((await http(app(), 'POST /api/login', { body: account })).status).to.equal(401);
    const login = { username: account.username, password: 'NewStrongPassword456' };
    expect((await http(app(), 'POST /api/login', { body: login })).status).to.equal(200);
  });

  it('is not revealed by its address: sign-up and password reset answer as for an unknown address', async () => {
    const { account } = await signUp(app());
    const stranger = newcomer();
    const taken = await http(app(), 'POST /api/signup/initiate', { body: { ...stranger, email: account.email } });
    expect(taken.status).to.equal(200);
    expect(taken.body).to.include(DOCUMENTED.otpSent);
    expect((await app().smtp.next(account.email)).subject).to.equal('You already have an MmChat account');
    const unknown = await http(app(), 'POST /api/forgot/initiate', { body: { email: stranger.email } });
    expect(unknown.status).to.equal(200);
    expect(unknown.body).to.include(DOCUMENTED.otpSent).and.have.all.keys(taken.body);
  });
});

onEachServer(
  'With COOKIE_SAMESITE=none and COOKIE_SECURE=on the cookie',
  (app) => {
    it('is set and cleared with both attributes, and partitioned by embedding site', async () => {
      const { verified } = await signUp(app());
      const { pair, expires: _, ...attributes } = cookieIn(verified.headers);
      const kept = { samesite: 'none', secure: '', partitioned: '' };
      expect(attributes).to.deep.equal({ path: '/', httponly: '', ...kept });
      const logout = await http(app(), 'POST /api/logout', { cookie: pair ?? '' });
      expect(cookieIn(logout.headers)).to.include({ pair: 'token=', ...kept });
    });
  },
  { COOKIE_SAMESITE: 'none', COOKIE_SECURE: 'on' },
);
