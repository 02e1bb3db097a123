import { expect } from 'chai';
import { ask, newAccount, PASSWORD, wrong } from '../accounts/requests.ts';
import { onEachDatabase, startApp, type TestApp } from '../support/app.ts';
import { codeIn } from '../support/people.ts';

/** Client addresses in separate networks. */
const HOME = '198.51.100.7';
const NEXT_DOOR = '198.51.100.8';
const ON_THE_ROAD = '192.0.2.1';
const STRANGER = '203.0.113.66';
const NEW_PASSWORD = 'AnotherPassword1';

type Account = { username: string; email: string; password: string };

onEachDatabase('A stranger', (kind) => {
  let app: TestApp;
  before(async () => {
    app = await startApp(kind, { RATE_LIMITS: 'on', TRUST_PROXY: '1' });
  });
  after(() => app.stop());

  const from = (address: string, path: string, body: object, cookie = '') =>
    ask(app, path, body, { 'x-forwarded-for': address, ...(cookie !== '' && { cookie }) });
  const logIn = async ({ username }: Account, address: string, password = PASSWORD) =>
    (await from(address, 'login', { username, password })).status;

  async function times(count: number, work: () => Promise<number>): Promise<number[]> {
    const statuses: number[] = [];
    for (let round = 0; round < count; round += 1) statuses.push(await work());
    return statuses;
  }

  /** A user who signed up at home. */
  async function owner(): Promise<Account> {
    const account = newAccount('owner');
    expect((await from(HOME, 'signup/initiate', account)).status).to.equal(200);
    const otp = codeIn((await app.smtp.next(account.email)).text);
    expect((await from(HOME, 'signup/verify', { ...account, otp })).status).to.equal(200);
    return account;
  }

  /** Requests a code for a new password, and reads it from the e-mail. */
  async function askForReset({ email }: Account, address: string) {
    const { status, body, headers } = await from(address, 'forgot/initiate', { email });
    expect(status).to.equal(200);
    const cookie = headers.getSetCookie()[0]?.split(';')[0] ?? '';
    return { otp: codeIn((await app.smtp.next(email)).text), request_id: body.request_id as string, cookie };
  }

  const reset = async (address: string, { email }: Account, fields: object, cookie?: string) =>
    (await from(address, 'forgot/reset', { email, new_password: NEW_PASSWORD, ...fields }, cookie)).status;

  it('who enters wrong passwords locks out only their own network', async () => {
    const account = await owner();
    expect(await times(7, () => logIn(account, STRANGER, 'wrong password'))).to.deep.equal([
      401, 401, 401, 401, 401, 429, 429,
    ]);
    expect(await logIn(account, '203.0.113.200'), 'a neighbour of the stranger').to.equal(429);
    expect(await logIn(account, HOME)).to.equal(200);
    expect(await logIn(account, ON_THE_ROAD), 'in a network that is new for the owner').to.equal(200);
  });

  it('in the same network does not lock out the owner at an origin of earlier logins', async () => {
    const account = await owner();
    await times(6, () => logIn(account, NEXT_DOOR, 'wrong password'));
    expect(await logIn(account, NEXT_DOOR)).to.equal(429);
    expect(await logIn(account, HOME)).to.equal(200);
  });

  it('does not invalidate a code by trying others, with and without a request of their own', async () => {
    const account = await owner();
    const { otp, request_id } = await askForReset(account, HOME);
    await times(6, () => reset(HOME, account, { otp: wrong(otp) }));
    const { request_id: foreign } = (await from(STRANGER, 'forgot/initiate', account)).body;
    await times(6, () => reset(STRANGER, account, { otp, request_id: foreign }));
    expect(await reset(HOME, account, { otp, request_id })).to.equal(200);
  });

  it('does not invalidate a code that the owner’s browser names by its cookie', async () => {
    const account = await owner();
    const { otp, cookie } = await askForReset(account, HOME);
    expect(cookie).to.match(/^otp_request=[\w-]{43}$/);
    await times(6, () => reset(STRANGER, account, { otp: wrong(otp) }));
    expect(await reset(HOME, account, { otp }, cookie)).to.equal(200);
  });

  it('does not use up the codes of others', async () => {
    const account = await owner();
    const ask = (address: string) => times(4, async () => (await from(address, 'forgot/initiate', account)).status);
    expect(await ask(STRANGER)).to.deep.equal([200, 200, 200, 429]);
    expect(await ask(ON_THE_ROAD)).to.deep.equal([200, 200, 200, 429]);
  });

  it('with many networks does not flood a mailbox, and the owner still receives a code at home', async () => {
    const account = await owner();
    const statuses: number[] = [];
    for (let network = 0; network < 12; network += 1)
      statuses.push((await from(`10.1.${network}.1`, 'forgot/initiate', account)).status);
    // one of the ten was for signing up
    expect(statuses.filter((status) => status === 200)).to.have.length(9);
    expect((await from(ON_THE_ROAD, 'forgot/initiate', account)).status).to.equal(429);
    expect((await from(HOME, 'forgot/initiate', account)).status).to.equal(200);
  });
});

onEachDatabase('The request for a code', (kind) => {
  let app: TestApp;
  before(async () => {
    app = await startApp(kind);
  });
  after(() => app.stop());

  async function request(account: Account, fields: object = {}) {
    const { body } = await ask(app, 'signup/initiate', { ...account, ...fields });
    return { otp: codeIn((await app.smtp.next(account.email)).text), request_id: body.request_id as string };
  }
  const verify = async (account: Account, fields: object) =>
    (await ask(app, 'signup/verify', { ...account, ...fields })).status;

  it('has five attempts of its own', async () => {
    const account = newAccount();
    const { otp, request_id } = await request(account);
    for (let round = 0; round < 5; round += 1)
      expect(await verify(account, { otp: wrong(otp), request_id })).to.equal(422);
    expect(await verify(account, { otp, request_id })).to.equal(422);
  });

  it('replaces the code of the request that it names', async () => {
    const account = newAccount();
    const first = await request(account);
    const second = await request(account, { request_id: first.request_id });
    expect(await verify(account, first)).to.equal(422);
    expect(await verify(account, second)).to.equal(200);
  });

  it('that a client does not name, or that has another purpose, is treated as the newest', async () => {
    const [account, other] = [newAccount(), newAccount()];
    await request(account);
    const { otp } = await request(account);
    const { request_id } = await request(other);
    expect(await verify(account, { otp, request_id })).to.equal(200);
  });

  it('creates an account with the address of the e-mail, in any later spelling', async () => {
    const account = newAccount();
    const { otp } = await request(account);
    const typed = { ...account, email: account.email.toUpperCase() };
    expect(await verify(typed, { otp })).to.equal(200);
    expect((await ask(app, 'forgot/initiate', typed)).status).to.equal(200);
    expect((await app.smtp.next(account.email)).text).to.match(/^\d{6}$/m);
  });
});
