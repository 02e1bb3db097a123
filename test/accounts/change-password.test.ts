import { expect } from 'chai';
import { User } from '../../src/accounts/entities.ts';
import { onEachDatabase, startApp, type TestApp } from '../support/app.ts';
import { People, type Person } from '../support/people.ts';
import { ask, withDatabase } from './requests.ts';

const NEW = 'AnotherPassword1';

onEachDatabase('Changing the password', (kind) => {
  let app: TestApp;
  let people: People;
  before(async () => {
    app = await startApp(kind);
    people = new People(app.url, app.smtp);
  });
  after(() => app.stop());

  const logIn = async ({ username }: Person, password: string) =>
    (await ask(app, 'login', { username, password })).status;

  for (const transport of ['rest', 'socketio', 'raw'] as const)
    it(`over ${transport} ends all other sessions and their sockets, but not the current one`, async () => {
      const alice = await app.person('alice');
      const elsewhere = await people.logIn(alice);
      const [own, other] = [await alice.raw(), await elsewhere.socketio()];
      const client = await alice.client(transport);
      const changed = await client.ask('change_password', { password: alice.password, new_password: NEW });
      expect(changed).to.include({ ok: true, message: 'Password updated' });
      expect(await other.closed).to.equal('io server disconnect');
      expect(await elsewhere.rest.ask('me')).to.include({ ok: false, status: 401 });
      expect(await alice.rest.ask('me')).to.include({ ok: true });
      expect(await own.ask('me')).to.include({ ok: true });
      expect([await logIn(alice, alice.password), await logIn(alice, NEW)]).to.deep.equal([401, 200]);
      expect((await app.smtp.next(alice.email)).text)
        .to.include('the password of your MmChat account was changed by somebody who was logged in')
        .and.not.include(NEW);
    });

  it('requires the old password, and refuses one that is weak or the user’s own name', async () => {
    const alice = await app.person('alice');
    const change = (password: string, new_password: string) =>
      alice.rest.ask('change_password', { password, new_password });
    const wrong = await change('not the password', NEW);
    expect(wrong).to.deep.include({ ok: false, status: 403 });
    expect(wrong.error).to.deep.include({
      code: 'wrong_password',
      fields: [{ field: 'password', message: 'is wrong' }],
    });
    for (const weak of ['short', 'password1', alice.email, 'mmchat123']) {
      const { status, error } = await change(alice.password, weak);
      expect([status, error.fields?.[0]?.field], weak).to.deep.equal([400, 'new_password']);
    }
    expect(await logIn(alice, alice.password)).to.equal(200);
    expect(app.smtp.emails.filter(({ to }) => to === alice.email)).to.have.length(1);
  });

  it('leaves no session of a concurrent login with the old password', async () => {
    const alice = await app.person('alice');
    for (let round = 0; round < 5; round += 1) {
      const [from, to] = round % 2 === 0 ? [alice.password, NEW] : [NEW, alice.password];
      const logins = Array.from({ length: 8 }, () => people.logIn({ ...alice, password: from }).catch(() => undefined));
      const change = alice.rest.ask('change_password', { password: from, new_password: to });
      const started = (await Promise.all(logins)).filter((each) => each !== undefined);
      expect(await change).to.include({ ok: true });
      const answers = await Promise.all(started.map(({ rest }) => rest.ask('me')));
      // a login after the change used the new password; none may have used the old one
      expect(answers.filter(({ ok }) => ok)).to.deep.equal([]);
    }
  });

  it('succeeds once if two requests run concurrently', async () => {
    const alice = await app.person('alice');
    const passwords = ['AnotherPassword1', 'AnotherPassword2'];
    const answers = await Promise.all(
      passwords.map((new_password) => alice.rest.ask('change_password', { password: alice.password, new_password })),
    );
    expect(answers.map(({ ok }) => ok).sort()).to.deep.equal([false, true]);
    const statuses = await Promise.all(passwords.map((password) => logIn(alice, password)));
    expect(statuses.sort()).to.deep.equal([200, 401]);
  });

  it('changes nothing if the session ends meanwhile', async () => {
    const alice = await app.person('alice');
    const hashOf = () =>
      withDatabase(
        app,
        async (database) => (await database.entities().findOneOrFail(User, { id: alice.id })).passwordHash,
      );
    const before = await hashOf();
    const [changed] = await Promise.all([
      alice.rest.ask('change_password', { password: alice.password, new_password: NEW }),
      alice.rest.ask('logout'),
    ]);
    if (changed.ok) expect(await hashOf()).not.to.equal(before);
    else expect([changed.status, await hashOf()]).to.deep.equal([401, before]);
  });
});

describe('Wrong passwords in a password change', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp('sqlite', { RATE_LIMITS: 'on' });
  });
  after(() => app.stop());

  it('count as failed logins of the same account', async () => {
    const alice = await app.person('alice');
    const change = (password: string) => alice.rest.ask('change_password', { password, new_password: NEW });
    for (let round = 0; round < 3; round += 1) expect((await change('not the password')).status).to.equal(403);
    for (let round = 0; round < 2; round += 1)
      expect((await ask(app, 'login', { username: alice.email, password: 'not the password' })).status).to.equal(401);
    const limited = await change(alice.password);
    expect([limited.status, limited.error.code]).to.deep.equal([429, 'rate_limited']);
    expect((await ask(app, 'login', alice)).status).to.equal(429);
  });
});
