import { expect } from 'chai';
import { ask, newAccount } from '../accounts/requests.ts';
import { onEachDatabase, startApp, type TestApp } from '../support/app.ts';
import { codeIn } from '../support/people.ts';

onEachDatabase('An address that resembles one with an account', (kind) => {
  let app: TestApp;
  before(async () => {
    app = await startApp(kind);
  });
  after(() => app.stop());

  /** An account with `email`, which depends on the number of users before. */
  async function ownerOf(email: string) {
    const account = { ...newAccount('mike'), email };
    expect((await ask(app, 'signup/initiate', account)).status).to.equal(200);
    const otp = codeIn((await app.smtp.next(email)).text);
    expect((await ask(app, 'signup/verify', { ...account, otp })).status).to.equal(200);
    return account;
  }

  // the Kelvin sign, capitals, and an accent as a separate character
  const pairs = [
    ['mike@one.example', 'mi\u212Ae@one.example'],
    ['mike@two.example', 'MIKE@Two.example'],
    ['jos\u00E9@three.example', 'jose\u0301@three.example'],
  ] as const;

  for (const [stored, typed] of pairs) {
    it(`receives no e-mail itself, in a password reset and at signup: ${encodeURI(typed)}`, async () => {
      const owner = await ownerOf(stored);
      expect((await ask(app, 'forgot/initiate', { email: typed })).status).to.equal(200);
      const code = codeIn((await app.smtp.next(stored)).text);
      expect((await ask(app, 'signup/initiate', { ...newAccount(), email: typed })).status).to.equal(200);
      expect((await app.smtp.next(stored)).text).to.include('already has an account');
      const recipients = app.smtp.emails.map(({ to }) => to);
      expect(recipients).not.to.include(typed);
      const reset = await ask(app, 'forgot/reset', { email: typed, otp: code, new_password: 'AnotherPassword1' });
      expect(reset.status, 'the owner may type it in any spelling').to.equal(200);
      const { username } = owner;
      expect((await ask(app, 'login', { username, password: 'AnotherPassword1' })).status).to.equal(200);
    });
  }
});
