import { expect } from 'chai';
import { closeAll, refusal, upgrade } from '../realtime/connecting.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { rest } from '../support/clients.ts';
import type { Person } from '../support/people.ts';
import { type Claims, claimsOf, forge, inSeconds } from './forged-tokens.ts';

describe('A token', () => {
  let app: TestApp;
  let alice: Person;
  let bob: Person;
  let good: Claims;
  before(async () => {
    app = await startApp();
    [alice, bob] = await app.people('alice', 'bob');
    good = claimsOf(alice);
  });
  after(() => app.stop());
  afterEach(closeAll);

  /** The claims without one of them. */
  const without = (name: keyof Claims): Partial<Claims> => ({ ...good, [name]: undefined });
  const bad: Record<string, () => string> = {
    'signed with HS512': () => forge(app, good, 'HS512'),
    'signed with HS384': () => forge(app, good, 'HS384'),
    'that is not signed (alg none)': () => forge(app, good, 'none'),
    'signed with another secret': () => forge(app, good, 'HS256', `${app.env.JWT_SECRET}!`),
    'whose claims were exchanged': () => {
      const [head, , signature] = alice.token.split('.');
      return [head, forge(app, claimsOf(bob)).split('.')[1], signature].join('.');
    },
    'that never expires': () => forge(app, without('exp')),
    'that has expired': () => forge(app, { ...good, exp: inSeconds(-1) }),
    'of another issuer': () => forge(app, { ...good, iss: 'somebody' }),
    'of no issuer': () => forge(app, without('iss')),
    'for another audience': () => forge(app, { ...good, aud: 'somebody' }),
    'for no audience': () => forge(app, without('aud')),
    'of a session that does not exist': () => forge(app, { ...good, sid: crypto.randomUUID() }),
    'of no session': () => forge(app, without('sid')),
    'of another user’s session': () => forge(app, { ...good, sub: String(bob.id) }),
    'of no user': () => forge(app, without('sub')),
    'of an impossible user': () => forge(app, { ...good, sub: '-1' }),
    'whose header is not an object': () => damaged('null'),
    'whose header is an empty object': () => damaged('{}'),
    'whose header is not JSON': () => damaged('{"alg":'),
    'whose header is not UTF-8': () => [Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url'), ...parts()].join('.'),
    'whose header names an algorithm that is a list': () => damaged('{"alg":["HS256"],"typ":"JWT"}'),
    'whose claims are not JSON': () => [alice.token.split('.')[0], 'e30x', parts()[1]].join('.'),
    'whose claims are not base64': () => [alice.token.split('.')[0], '%%%', parts()[1]].join('.'),
    'that is deeply nested': () => damaged(`${'['.repeat(2_000)}${']'.repeat(2_000)}`),
    'that is two dots': () => '..',
    'that is far too long': () => `${alice.token}${'x'.repeat(8_000)}`,
    'that is not a JWT': () => 'not-a-token',
    'that is a part of one': () => alice.token.split('.').slice(0, 2).join('.'),
  };

  const parts = () => alice.token.split('.').slice(1);
  const damaged = (head: string) => [Buffer.from(head).toString('base64url'), ...parts()].join('.');

  it('with the same claims and the same secret is valid', async () => {
    const token = forge(app, good);
    expect(await rest(app.url, token).ask('me')).to.include({ ok: true, id: alice.id });
    expect(await upgrade(app.url, `/api/ws?token=${token}`)).to.include({ status: 101 });
  });

  for (const [what, make] of Object.entries(bad)) {
    it(`${what} is refused on all transports`, async () => {
      const token = make();
      for (const header of [{ authorization: `Bearer ${token}` }, { cookie: `token=${token}` }]) {
        const response = await fetch(`${app.url}/api/me`, { headers: header });
        expect(response.status).to.equal(401);
        expect(await response.json()).to.include({ success: false, code: 'unauthenticated' });
        expect(await upgrade(app.url, '/api/ws', header)).to.include({ status: 401, code: 'unauthenticated' });
      }
      expect(await upgrade(app.url, `/api/ws?token=${token}`)).to.include({ status: 401, code: 'unauthenticated' });
      expect((await refusal(app.url, '/chat', { token })).data?.code).to.equal('unauthenticated');
    });
  }
});
