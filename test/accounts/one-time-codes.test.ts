import { hash } from 'node:crypto';
import { expect } from 'chai';
import { sql } from 'kysely';
import { onEachDatabase, startApp, type TestApp } from '../support/app.ts';
import { ask, codeFor, newAccount, withDatabase, wrong } from './requests.ts';

type Row = { purpose: string; email_key: string; code_hash: string; tries: number; expires_at: number };

onEachDatabase('A one-time code', (kind) => {
  let app: TestApp;
  before(async () => {
    app = await startApp(kind, { OTP_DIGITS: '10', OTP_TTL_SEC: '30' });
  });
  after(() => app.stop());

  async function tryTimes(times: number, path: string, body: object): Promise<void> {
    for (let round = 0; round < times; round += 1) expect((await ask(app, path, body)).status).to.equal(422);
  }

  const newPassword = { new_password: 'AnotherPassword1' };

  it('has the configured number of digits', async () => {
    expect(await codeFor(app, 'signup', newAccount())).to.match(/^\d{10}$/);
  });

  it('works once', async () => {
    const account = newAccount();
    const otp = await codeFor(app, 'signup', account);
    expect((await ask(app, 'signup/verify', { ...account, otp })).status).to.equal(200);
    const again = await ask(app, 'signup/verify', { ...account, username: `${account.username}x`, otp });
    expect([again.status, again.body.code]).to.deep.equal([422, 'invalid_otp']);

    const { email } = account;
    const reset = { email, otp: await codeFor(app, 'forgot', account), ...newPassword };
    expect((await ask(app, 'forgot/reset', reset)).body).to.deep.equal({ success: true, message: 'Password updated' });
    expect((await ask(app, 'forgot/reset', reset)).status).to.equal(422);
  });

  it('survives four wrong attempts', async () => {
    const account = newAccount();
    const otp = await codeFor(app, 'signup', account);
    await tryTimes(4, 'signup/verify', { ...account, otp: wrong(otp) });
    expect((await ask(app, 'signup/verify', { ...account, otp })).status).to.equal(200);
  });

  it('is invalid after five wrong attempts, even if the sixth is right', async () => {
    const account = newAccount();
    const otp = await codeFor(app, 'signup', account);
    await tryTimes(5, 'signup/verify', { ...account, otp: wrong(otp) });
    expect((await ask(app, 'signup/verify', { ...account, otp })).status).to.equal(422);

    const person = await app.person();
    const reset = { email: person.email, otp: await codeFor(app, 'forgot', person), ...newPassword };
    await tryTimes(5, 'forgot/reset', { ...reset, otp: wrong(reset.otp) });
    expect((await ask(app, 'forgot/reset', reset)).status).to.equal(422);
    expect((await ask(app, 'login', person)).status, 'the password is unchanged').to.equal(200);
  });

  it('counts concurrent wrong attempts', async () => {
    const account = newAccount();
    const otp = await codeFor(app, 'signup', account);
    const guesses = Array.from({ length: 12 }, () => ask(app, 'signup/verify', { ...account, otp: wrong(otp) }));
    await Promise.all(guesses);
    expect((await ask(app, 'signup/verify', { ...account, otp })).status).to.equal(422);
  });

  it('is replaced by a newer one', async () => {
    const account = newAccount();
    const first = await codeFor(app, 'signup', account);
    const second = await codeFor(app, 'signup', account);
    expect((await ask(app, 'signup/verify', { ...account, otp: first })).status).to.equal(422);
    expect((await ask(app, 'signup/verify', { ...account, otp: second })).status).to.equal(200);
  });

  it('is valid for one purpose only', async () => {
    const person = await app.person();
    const otp = await codeFor(app, 'forgot', person);
    await ask(app, 'signup/initiate', { ...person, username: 'somebody-else' });
    const { email, password } = person;
    const verified = await ask(app, 'signup/verify', { username: 'somebody-else', email, password, otp });
    expect(verified.status).to.equal(422);
    expect((await ask(app, 'forgot/reset', { email, otp, ...newPassword })).status).to.equal(200);
  });

  it('expires after OTP_TTL_SEC', async () => {
    const account = newAccount();
    const otp = await codeFor(app, 'signup', account);
    await withDatabase(app, async (database) => {
      const mine = sql`email_key = ${account.email}`;
      const { rows } = await sql<Row>`select expires_at from one_time_codes where ${mine}`.execute(database.sql);
      expect(Number(rows[0]?.expires_at) - Date.now()).to.be.within(25_000, 30_000);
      await sql`update one_time_codes set expires_at = ${Date.now() - 1} where ${mine}`.execute(database.sql);
    });
    expect((await ask(app, 'signup/verify', { ...account, otp })).status).to.equal(422);
  });

  it('is stored as a keyed hash only', async () => {
    const account = newAccount();
    const otp = await codeFor(app, 'signup', account);
    const rows = await withDatabase(app, async (database) => {
      return (await sql<Row>`select * from one_time_codes where email_key = ${account.email}`.execute(database.sql))
        .rows;
    });
    expect(rows).to.have.length(1);
    expect(rows[0]?.code_hash)
      .to.match(/^[0-9a-f]{64}$/)
      .and.not.equal(hash('sha256', otp, 'hex'));
    expect(JSON.stringify(rows)).not.to.include(otp);
  });
});
