import bcrypt from 'bcrypt';
import { expect } from 'chai';
import { User } from '../../src/accounts/entities.ts';
import { ask, codeFor, newAccount, withDatabase } from '../accounts/requests.ts';
import { onEachDatabase, startApp, type TestApp } from '../support/app.ts';
import { codeIn } from '../support/people.ts';

const COMMON = ['password', '12345678', 'PassWord1', 'iloveyou', 'qwertyuiop', 'ｐａｓｓｗｏｒｄ'];
const OF_THE_PRODUCT = ['mmchat123', 'MmChat!!', '12MMCHAT34'];
const FINE = ['StrongPassword123', 'NewStrongPassword456', 'mmchatters unite', 'pässwörter'];

onEachDatabase('A password', (kind) => {
  let app: TestApp;
  before(async () => {
    app = await startApp(kind);
  });
  after(() => app.stop());

  const initiate = async (fields: object) => ask(app, 'signup/initiate', { ...newAccount('somebody'), ...fields });
  const refusedField = ({ status, body }: Awaited<ReturnType<typeof ask>>) => [
    status,
    body.code,
    body.fields?.[0]?.field,
  ];

  it('that is very common is refused', async () => {
    for (const password of [...COMMON, ...OF_THE_PRODUCT])
      expect(refusedField(await initiate({ password })), password).to.deep.equal([400, 'invalid_input', 'password']);
    for (const password of FINE) expect((await initiate({ password })).status, password).to.equal(200);
  });

  it('that is the username or the address is refused, in any case', async () => {
    const account = newAccount('long-enough');
    for (const password of [account.username, account.email, account.username.toUpperCase()])
      expect(refusedField(await initiate({ ...account, password }))).to.deep.equal([400, 'invalid_input', 'password']);
    const email = 'first.part@example.com';
    expect(refusedField(await initiate({ email, password: 'First.Part' }))).to.include('password');
    expect(
      refusedField(await ask(app, 'signup/verify', { ...account, password: account.email, otp: '123456' })),
    ).to.include('password');
  });

  it('that is refused in a reset leaves the code valid', async () => {
    const person = await app.person('quite-long');
    const { email } = person;
    const otp = await codeFor(app, 'forgot', person);
    for (const new_password of ['password', person.username, email, 'mmchat12'])
      expect(refusedField(await ask(app, 'forgot/reset', { email, otp, new_password }))).to.deep.equal([
        400,
        'invalid_input',
        'new_password',
      ]);
    expect((await ask(app, 'forgot/reset', { email, otp, new_password: 'AnotherPassword1' })).status).to.equal(200);
  });

  it('that was set with a code is reported to the owner by e-mail', async () => {
    const person = await app.person();
    const reset = { email: person.email.toUpperCase(), new_password: 'AnotherPassword1' };
    const answer = await ask(app, 'forgot/reset', { ...reset, otp: await codeFor(app, 'forgot', person) });
    expect(answer.status).to.equal(200);
    const { subject, text } = await app.smtp.next(person.email);
    expect(subject).to.equal('Your MmChat password was changed');
    expect(text).not.to.include('AnotherPassword1').and.not.match(/\d{4}/);
  });

  it('is the same on every keyboard: composed or not, wide or narrow', async () => {
    const account = { ...newAccount(), password: 'Zo\u00EB liest: \uFF12\uFF10\uFF12\uFF16' };
    const otp = codeIn((await initiate(account).then(() => app.smtp.next(account.email))).text);
    expect((await ask(app, 'signup/verify', { ...account, otp })).status).to.equal(200);
    for (const password of [account.password, 'Zoe\u0308 liest: 2026', 'Zo\u00EB liest: 2026'])
      expect((await ask(app, 'login', { ...account, password })).status).to.equal(200);
    expect((await ask(app, 'login', { ...account, password: 'Zoe liest: 2026' })).status).to.equal(401);
  });

  it('is counted in bytes after normalising', async () => {
    expect(
      (await initiate({ password: '\uFF21'.repeat(72) })).status,
      '216 bytes as typed, 72 after normalising',
    ).to.equal(200);
    expect(refusedField(await initiate({ password: '\uFDFA\uFDFA\uFDFA'.repeat(3) }))).to.include('password');
    expect(refusedField(await initiate({ password: 'e\u0301'.repeat(6) }))).to.include('password');
  });

  it('whose hash was made without normalising still works, and is hashed again', async () => {
    const { id, username } = await app.person();
    const typed = 'Zoe\u0308 liest viel';
    const hashOf = () =>
      withDatabase(app, async (each) => (await each.entities().findOneOrFail(User, { id })).passwordHash);
    const old = await bcrypt.hash(typed, 4);
    await withDatabase(app, (each) => each.entities().nativeUpdate(User, { id }, { passwordHash: old }));
    expect((await ask(app, 'login', { username, password: typed.normalize('NFC') })).status).to.equal(401);
    expect((await ask(app, 'login', { username, password: typed })).status).to.equal(200);
    expect(await hashOf()).not.to.equal(old);
    for (const password of [typed, typed.normalize('NFC')])
      expect((await ask(app, 'login', { username, password })).status).to.equal(200);
  });
});
