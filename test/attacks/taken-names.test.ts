import { expect } from 'chai';
import { sql } from 'kysely';
import { ask, codeFor, newAccount, withDatabase } from '../accounts/requests.ts';
import { onEachDatabase, startApp, type TestApp } from '../support/app.ts';
import type { Person } from '../support/people.ts';

onEachDatabase('Nobody can impersonate another user:', (kind) => {
  let app: TestApp;
  before(async () => {
    app = await startApp(kind);
  });
  after(() => app.stop());

  const rename = async ({ rest }: Person, username: string) => (await rest.ask('update_me', { username })).status;
  const signUp = async (username: string) =>
    (await ask(app, 'signup/initiate', { ...newAccount(), username })).body.code ?? 'sent';

  for (const name of ['admin', 'Support', 'ALL', 'everyone', 'system', 'mm-chat', 'a.d.m.i.n', 'here'])
    it(`the name ${name} is reserved`, async () => {
      expect(await signUp(name)).to.equal('username_taken');
      expect(await rename(await app.person(), name)).to.equal(409);
    });

  it('names that only begin like one of those are free', async () => {
    for (const name of ['admiral', 'all-in', 'helpful', 'systematic']) expect(await signUp(name)).to.equal('sent');
  });

  it('a name that a user gave up is reserved for them for 30 days, in any case', async () => {
    const [alice, mallory] = await app.people('alice', 'mallory');
    const left = alice.username;
    expect(await rename(alice, 'al-renamed')).to.equal(200);
    expect(await rename(mallory, left.toUpperCase())).to.equal(409);
    expect(await signUp(left)).to.equal('username_taken');
    expect(await rename(alice, left), 'back').to.equal(200);
    expect(await rename(mallory, 'al-renamed'), 'that one was given up, too').to.equal(409);
    expect(await rename(alice, 'al-renamed')).to.equal(200);
    await withDatabase(app, async (database) => {
      const { rows } = await sql<{ until: number }>`
        select until from left_usernames where username_key = ${left}`.execute(database.sql);
      expect(Number(rows[0]?.until) - Date.now()).to.be.within(29.9 * 86_400_000, 30 * 86_400_000);
      await sql`update left_usernames set until = ${Date.now() - 1} where username_key = ${left}`.execute(database.sql);
    });
    expect(await rename(mallory, left), 'later').to.equal(200);
  });

  it('a name that is given up while a user holds a code for it goes to neither', async () => {
    const [bob] = await app.people('bob');
    expect(await rename(bob, 'bob-moves')).to.equal(200);
    await withDatabase(app, async ({ sql: db }) => {
      await sql`delete from left_usernames where username_key = ${bob.username}`.execute(db);
    });
    const account = { ...newAccount(), username: bob.username };
    const otp = await codeFor(app, 'signup', account);
    expect(await rename(bob, bob.username)).to.equal(200);
    expect(await rename(bob, 'bob-moves')).to.equal(200);
    expect((await ask(app, 'signup/verify', { ...account, otp })).body.code).to.equal('username_taken');
    expect((await ask(app, 'signup/verify', { ...account, username: 'bob-else', otp })).status).to.equal(200);
  });

  it('a user cannot reserve more than ten names beside their own', async () => {
    const carol = await app.person('carol');
    for (let count = 0; count < 12; count += 1) expect(await rename(carol, `carol-no-${count}`)).to.equal(200);
    const { rows } = await withDatabase(app, ({ sql: db }) =>
      sql`select 1 from left_usernames where user_id = ${carol.id}`.execute(db),
    );
    expect(rows).to.have.length(10);
    expect(await signUp(carol.username), 'the first that was given up').to.equal('sent');
  });
});
