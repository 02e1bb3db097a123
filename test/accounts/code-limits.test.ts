import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';
import { ask, newAccount, type Reply } from './requests.ts';

const PEOPLE = 50;

describe('Limits of one-time codes', () => {
  let app: TestApp | undefined;
  const start = async (env: Record<string, string> = {}) => {
    app = await startApp('sqlite', { RATE_LIMITS: 'on', ...env });
    return app;
  };
  afterEach(() => app?.stop());

  function expectRefusal({ status, headers, body }: Reply, withinSec: number): void {
    expect([status, body.success, body.code]).to.deep.equal([429, false, 'rate_limited']);
    expect(Number(headers.get('retry-after'))).to.be.within(1, withinSec);
  }

  it('allow an address 3 codes in 10 minutes, for any purpose and spelling', async () => {
    const { url } = await start();
    const app = { url };
    const [account, other] = [newAccount(), newAccount()];
    const shouted = { email: account.email.toUpperCase() };
    expect((await ask(app, 'signup/initiate', account)).status).to.equal(200);
    expect((await ask(app, 'signup/initiate', { ...account, ...shouted })).status).to.equal(200);
    expect((await ask(app, 'forgot/initiate', account)).status).to.equal(200);
    expectRefusal(await ask(app, 'signup/initiate', account), 600);
    expectRefusal(await ask(app, 'forgot/initiate', shouted), 600);
    expect((await ask(app, 'signup/initiate', other)).status, 'another address').to.equal(200);
  });

  it('are the same for an address with an account', async () => {
    const app = await start();
    const owner = await app.person('owner');
    const taken = { ...newAccount(), email: owner.email };
    for (const status of [200, 200, 429]) expect((await ask(app, 'signup/initiate', taken)).status).to.equal(status);
  });

  it('allow an address 10 codes a day', async () => {
    const app = await start({ RATE_OTP_ADDRESS: '100/1' });
    const account = newAccount();
    for (let round = 0; round < 10; round += 1) {
      expect((await ask(app, 'forgot/initiate', account)).status).to.equal(200);
    }
    expectRefusal(await ask(app, 'forgot/initiate', account), 86_400);
  });

  it(`let ${PEOPLE} users sign up from one client address within a minute`, async () => {
    const app = await start();
    const names = Array.from({ length: PEOPLE }, () => 'guest');
    const began = performance.now();
    const people = await app.people(...names);
    expect(performance.now() - began, 'need all of them within a minute').to.be.below(60_000);
    expect(new Set(people.map(({ id }) => id)).size).to.equal(PEOPLE);
  }).timeout(120_000);

  it('allow 60 requests for codes a minute from one client address, and report the remaining ones', async () => {
    const app = await start();
    for (const path of ['signup/initiate', 'forgot/initiate']) {
      for (let left = 59; left >= 0; left -= 1) {
        const { status, headers } = await ask(app, path, newAccount());
        expect(status).to.equal(200);
        expect(headers.get('ratelimit-limit')).to.equal('60');
        expect(headers.get('ratelimit-remaining')).to.equal(String(left));
        expect(Number(headers.get('ratelimit-reset'))).to.be.within(1, 60);
      }
      expectRefusal(await ask(app, path, newAccount()), 60);
    }
  });
});
