import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';
import { ask, newAccount } from './requests.ts';

/** Two codes a minute from one client address. */
const LIMITS = { RATE_LIMITS: 'on', RATE_SIGNUP_ORIGIN: '2/60' };

describe('The client address that limits are counted for', () => {
  let app: TestApp | undefined;
  const start = async (trustedProxies: number) => {
    app = await startApp('sqlite', { ...LIMITS, TRUST_PROXY: String(trustedProxies) });
  };
  afterEach(() => app?.stop());

  /** Requests a code with this `X-Forwarded-For`. */
  async function from(forwardedFor: string | undefined): Promise<number> {
    const headers = forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor };
    return (await ask(app as TestApp, 'signup/initiate', newAccount(), headers)).status;
  }

  it('is that of the connection without a proxy: a forged header changes nothing', async () => {
    await start(0);
    expect([await from('1.1.1.1'), await from('2.2.2.2'), await from('3.3.3.3')]).to.deep.equal([200, 200, 429]);
  });

  it('is the one that the trusted proxy reports: each client has its own limit', async () => {
    await start(1);
    expect([await from('1.1.1.1'), await from('1.1.1.1'), await from('1.1.1.1')]).to.deep.equal([200, 200, 429]);
    expect(await from('2.2.2.2')).to.equal(200);
  });

  it('is not the one that the client wrote into the header in front of the trusted proxy', async () => {
    await start(1);
    const forged = ['9.9.9.1, 1.1.1.1', '9.9.9.2, 9.9.9.3, 1.1.1.1', '1.1.1.1'];
    expect([await from(forged[0]), await from(forged[1]), await from(forged[2])]).to.deep.equal([200, 200, 429]);
    expect(await from('1.1.1.1, 2.2.2.2'), 'nor does it use up the limit of another client').to.equal(200);
  });

  it('is the one that the outer of two trusted proxies reports', async () => {
    await start(2);
    const through = ['1.1.1.1, 10.0.0.1', '9.9.9.9, 1.1.1.1, 10.0.0.2', '8.8.8.8, 1.1.1.1, 10.0.0.1'];
    const statuses = [await from(through[0]), await from(through[1]), await from(through[2])];
    expect(statuses).to.deep.equal([200, 200, 429]);
    expect(await from('2.2.2.2, 10.0.0.1')).to.equal(200);
  });

  it('is that of the connection for a request that bypassed the proxy', async () => {
    await start(1);
    expect([await from(undefined), await from(undefined), await from(undefined)]).to.deep.equal([200, 200, 429]);
  });
});
