import { expect } from 'chai';
import { onEachDatabase, startApp, type TestApp } from '../support/app.ts';
import { rest } from '../support/clients.ts';
import { codeIn } from '../support/people.ts';
import { ask, codeFor, newAccount, wrong } from './requests.ts';

onEachDatabase('Signing up', (kind) => {
  let app: TestApp;
  before(async () => {
    app = await startApp(kind);
  });
  after(() => app.stop());

  it('sends a code to the address, which creates the account and logs in', async () => {
    const account = { ...newAccount('Alice'), email: 'Alice.Smith@example.com' };
    const initiated = await ask(app, 'signup/initiate', account);
    expect(initiated.status).to.equal(200);
    expect(initiated.body).to.include({ success: true, message: 'OTP sent' }).and.have.property('request_id');
    const otp = codeIn((await app.smtp.next(account.email)).text);
    expect(otp).to.match(/^\d{6}$/);

    const { status, headers, body } = await ask(app, 'signup/verify', { ...account, otp });
    expect(status).to.equal(200);
    expect(body).to.deep.equal({ success: true, user_id: body.user_id });
    expect(body.user_id).to.be.a('number').above(0);
    const token = /^token=([^;]+)/.exec(headers.get('set-cookie') ?? '')?.[1];
    const { username, email } = account;
    expect(await rest(app.url, token).ask('me')).to.include({ id: body.user_id, username, email });
    expect((await ask(app, 'login', account)).body).to.deep.equal({ success: true, user_id: body.user_id });
  });

  it('creates no account without the right code', async () => {
    const account = newAccount();
    const otp = await codeFor(app, 'signup', account);
    for (const bad of [wrong(otp), 'abcdef', `${otp}0`, otp.slice(1)]) {
      const { status, headers, body } = await ask(app, 'signup/verify', { ...account, otp: bad });
      expect([status, body.code], bad).to.deep.equal([422, 'invalid_otp']);
      expect(headers.get('set-cookie')).to.equal(null);
    }
    expect((await ask(app, 'login', account)).status).to.equal(401);
  });

  it('refuses a code that was sent to another user', async () => {
    const [mine, theirs] = [newAccount(), newAccount()];
    const otp = await codeFor(app, 'signup', mine);
    await codeFor(app, 'signup', theirs);
    const { email } = theirs;
    expect((await ask(app, 'signup/verify', { ...mine, email, otp })).status).to.equal(422);
  });

  it('refuses a taken username in any case', async () => {
    const { username } = await app.person('Taken');
    const account = newAccount();
    const initiated = await ask(app, 'signup/initiate', { ...account, username: username.toUpperCase() });
    expect([initiated.status, initiated.body.code]).to.deep.equal([409, 'username_taken']);
    const otp = await codeFor(app, 'signup', account);
    const verified = await ask(app, 'signup/verify', { ...account, username: username.toLowerCase(), otp });
    expect([verified.status, verified.body.code]).to.deep.equal([409, 'username_taken']);
    expect((await ask(app, 'signup/verify', { ...account, otp })).status, 'the code is still valid').to.equal(200);
  });

  it('gives a name that two users request concurrently to one of them; the other may choose another', async () => {
    const [one, other] = [newAccount(), newAccount()];
    const codes = [await codeFor(app, 'signup', one), await codeFor(app, 'signup', other)];
    const wanted = [one, other].map((account, index) => ({ ...account, username: 'the-name', otp: codes[index] }));
    const replies = await Promise.all(wanted.map((each) => ask(app, 'signup/verify', each)));
    expect(replies.map(({ status }) => status)).to.have.members([200, 409]);
    const loser = wanted[replies.findIndex(({ status }) => status === 409)];
    expect((await ask(app, 'signup/verify', { ...loser, username: 'another-name' })).status).to.equal(200);
  });

  it('creates one account per code, also for concurrent requests', async () => {
    const account = newAccount();
    const otp = await codeFor(app, 'signup', account);
    const names = ['a', 'b', 'c', 'd'].map((suffix) => `${account.username}${suffix}`);
    const replies = await Promise.all(
      names.map((username) => ask(app, 'signup/verify', { ...account, username, otp })),
    );
    expect(replies.map(({ status }) => status).sort()).to.deep.equal([200, 422, 422, 422]);
  });

  it('names every invalid field', async () => {
    const { status, body } = await ask(app, 'signup/initiate', { username: 'a b', email: 'nobody', password: 'short' });
    expect([status, body.success, body.code]).to.deep.equal([400, false, 'invalid_input']);
    expect(body.fields.map(({ field }: { field: string }) => field)).to.have.members(['username', 'email', 'password']);
  });

  it('refuses an address that is too long in lower case', async () => {
    const email = `${'İ'.repeat(64)}@${`${'İ'.repeat(60)}.`.repeat(3)}com`;
    expect(email.length, 'short enough as typed').to.be.below(255);
    for (const path of ['signup/initiate', 'forgot/initiate']) {
      const { status, body } = await ask(app, path, { ...newAccount(), email });
      expect([status, body.fields?.[0]?.field]).to.deep.equal([400, 'email']);
    }
  });

  it('accepts a password of up to 72 bytes and never truncates a longer one', async () => {
    const account = newAccount();
    for (const password of ['x'.repeat(73), 'ü'.repeat(37), 'x'.repeat(7)]) {
      expect((await ask(app, 'signup/initiate', { ...account, password })).status, password).to.equal(400);
    }
    const longest = { ...account, password: 'ü'.repeat(36) };
    const otp = await codeFor(app, 'signup', longest);
    expect((await ask(app, 'signup/verify', { ...longest, otp })).status).to.equal(200);
    expect((await ask(app, 'login', longest)).status).to.equal(200);
    expect((await ask(app, 'login', { ...longest, password: `${longest.password}x` })).status).to.equal(401);
  });
});
