import { expect } from 'chai';
import { codeIn, post } from '../support/people.ts';
import { onEachServer, TIME } from './fixture.ts';

const TOLERANCE_MS = 5_000;
const DAY_MS = 86_400_000;

onEachServer('A program that logs in', (app) => {
  const ask = async (path: string, body: object) => {
    const response = await post(`${app().url}${path}`, body);
    return {
      cookie: response.headers.get('set-cookie') ?? '',
      body: (await response.json()) as Record<string, unknown>,
    };
  };

  function checkToken({ cookie, body }: Awaited<ReturnType<typeof ask>>): void {
    expect(body).to.have.all.keys('success', 'user_id', 'token', 'expires_at');
    expect(cookie, 'the cookie contains the same token').to.include(`token=${body.token};`);
    expect(body.expires_at).to.match(TIME);
    expect(Date.parse(String(body.expires_at)) - Date.now()).to.be.within(DAY_MS - TOLERANCE_MS, DAY_MS);
  }

  it('gets a valid token and its expiry in the answer if it asks for them', async () => {
    const { username, password, id } = await app().person('alice');
    const answer = await ask('/api/login', { username, password, token: true });
    checkToken(answer);
    const me = await fetch(`${app().url}/api/me`, { headers: { authorization: `Bearer ${answer.body.token}` } });
    expect(await me.json()).to.include({ success: true, id });
  });

  it('gets them from a sign-up, too', async () => {
    const account = { username: 'programmer', email: 'programmer@example.com', password: 'StrongPassword123' };
    const initiated = await ask('/api/signup/initiate', { ...account, token: true });
    expect(initiated.body).not.to.have.any.keys('token', 'expires_at');
    const otp = codeIn((await app().smtp.next(account.email)).text);
    checkToken(await ask('/api/signup/verify', { ...account, otp, token: true }));
  });

  it('gets neither without asking: pages in browsers must not see the token', async () => {
    const { username, password } = await app().person('bob');
    for (const wanted of [{}, { token: false }, { token: null }, { token: 'one that is kept' }]) {
      const { cookie, body } = await ask('/api/login', { username, password, ...wanted });
      expect(body, JSON.stringify(wanted)).to.have.all.keys('success', 'user_id');
      expect(cookie).to.match(/^token=[^;]+;.*httponly/i);
    }
  });

  it('gets neither with a wrong password', async () => {
    const { username } = await app().person('carol');
    const { cookie, body } = await ask('/api/login', { username, password: 'wrong password', token: true });
    expect(body)
      .to.include({ success: false, code: 'invalid_credentials' })
      .and.not.have.any.keys('token', 'expires_at');
    expect(cookie).to.equal('');
  });
});
