import { expect } from 'chai';
import { MAX_SESSIONS_PER_USER } from '../../src/accounts/session-rows.ts';
import { onEachDatabase, startApp, type TestApp } from '../support/app.ts';
import { rest } from '../support/clients.ts';
import { People } from '../support/people.ts';

onEachDatabase(`A user with ${MAX_SESSIONS_PER_USER} sessions`, (kind) => {
  let app: TestApp;
  let people: People;
  before(async () => {
    app = await startApp(kind);
    people = new People(app.url, app.smtp);
  });
  after(async () => {
    people.closeClients();
    await app.stop();
  });

  const statusOf = async (token: string) => (await rest(app.url, token).ask('me')).status;

  it('loses the oldest with the next login: its token stops working and its sockets are closed', async () => {
    const [oldest, other] = await app.people('alice', 'bob');
    const second = await people.logIn(oldest);
    for (let count = 2; count < MAX_SESSIONS_PER_USER; count += 1) await people.logIn(oldest);
    const [ending, staying] = [await oldest.socketio(), await second.socketio()];
    expect(await statusOf(oldest.token), 'the maximum number of sessions').to.equal(200);
    const newest = await people.logIn(oldest);
    expect((await ending.inbox.next('error')).code).to.equal('unauthenticated');
    await ending.closed;
    expect(await statusOf(oldest.token)).to.equal(401);
    expect(await statusOf(newest.token)).to.equal(200);
    expect((await staying.ask('me')).ok, 'the second oldest').to.equal(true);
    expect(await statusOf(other.token), 'another user').to.equal(200);
  });

  it('has no more of them after many concurrent logins', async () => {
    const carol = await app.person('carol');
    const logins = await Promise.all(Array.from({ length: 40 }, () => people.logIn(carol)));
    const more = await Promise.all(Array.from({ length: 40 }, () => people.logIn(carol)));
    const all = [carol, ...logins, ...more];
    const statuses = await Promise.all(all.map(({ token }) => statusOf(token)));
    expect(statuses.filter((status) => status === 200)).to.have.length(MAX_SESSIONS_PER_USER);
  });
});
