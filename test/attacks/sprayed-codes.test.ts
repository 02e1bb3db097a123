import { expect } from 'chai';
import { ask, codeFor, wrong } from '../accounts/requests.ts';
import { startApp, type TestApp } from '../support/app.ts';

const LIMITS = { RATE_LIMITS: 'on', TRUST_PROXY: '1', RATE_WRONG_CODES: '8/600', RATE_WRONG_CODES_ORIGIN: '3/600' };

describe('Codes for new passwords that are tried on many accounts', () => {
  let app: TestApp;
  beforeEach(async () => {
    app = await startApp('sqlite', LIMITS);
  });
  afterEach(() => app.stop());

  const reset = async (address: string, email: string, otp: string) => {
    const body = { email, otp, new_password: 'AnotherPassword1' };
    return (await ask(app, 'forgot/reset', body, { 'x-forwarded-for': address })).status;
  };
  const guess = (address: string, account: number) => reset(address, `nobody${account}@example.com`, '123456');

  it('are limited per origin', async () => {
    const statuses: number[] = [];
    for (let round = 0; round < 5; round += 1) statuses.push(await guess('203.0.113.1', round));
    expect(statuses).to.deep.equal([422, 422, 422, 429, 429]);
    expect(await guess('203.0.113.2', 9)).to.equal(422);
  });

  it('are limited in total, except at origins of the owner’s earlier logins', async () => {
    const owner = await app.person('owner');
    const otp = await codeFor(app, 'forgot', owner);
    for (let round = 0; round < 8; round += 1) expect(await guess(`203.0.${round}.1`, round)).to.equal(422);
    expect(await guess('203.0.113.1', 8)).to.equal(429);
    expect(await reset('203.0.114.1', owner.email, otp), 'an origin without a login of the owner').to.equal(429);
    expect(await reset('127.0.0.1', owner.email, wrong(otp))).to.equal(422);
    expect(await reset('127.0.0.1', owner.email, otp)).to.equal(200);
  });

  it('are not counted if they are right', async () => {
    for (let round = 0; round < 5; round += 1) {
      const person = await app.person();
      expect(await reset('203.0.113.1', person.email, await codeFor(app, 'forgot', person))).to.equal(200);
    }
  });
});
