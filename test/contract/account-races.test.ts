import { expect } from 'chai';
import type { TestApp } from '../support/app.ts';
import { rawAt } from '../support/clients.ts';
import { codeIn } from '../support/people.ts';
import { http, onEachServer } from './fixture.ts';

const password = 'StrongPassword123';
let count = 0;

/** A sign-up under this name that lacks only its verification. */
async function almostSignedUp(app: TestApp, username: string) {
  count += 1;
  const account = { username, password, email: `racer${count}@example.com` };
  expect((await http(app, 'POST /api/signup/initiate', { body: account })).status).to.equal(200);
  return { ...account, otp: codeIn((await app.smtp.next(account.email)).text) };
}

const statuses = (answers: { status: number }[]) => answers.map(({ status }) => status).sort();

onEachServer('Concurrently', (app) => {
  it('verifications of one username in different case create one account, and the other code stays valid for another name', async () => {
    const racers = [await almostSignedUp(app(), 'racer-one'), await almostSignedUp(app(), 'Racer-ONE')];
    const answers = await Promise.all(racers.map((body) => http(app(), 'POST /api/signup/verify', { body })));
    expect(statuses(answers)).to.deep.equal([200, 409]);
    const loser = answers.findIndex(({ status }) => status === 409);
    expect(answers[loser]?.body.code).to.equal('username_taken');
    const body = { ...racers[loser], username: 'racer-two' };
    expect((await http(app(), 'POST /api/signup/verify', { body })).status).to.equal(200);
    const found = await http(app(), 'GET /api/users/search?q=racer-one', {
      cookie: answers[1 - loser]?.headers.getSetCookie()[0]?.split(';')[0] ?? '',
    });
    expect(found.body.users).to.have.length(1);
  });

  it('a sign-up code works once', async () => {
    const account = await almostSignedUp(app(), 'once-only');
    const bodies = ['once-only', 'once-more', 'once-again'].map((username) => ({ ...account, username }));
    const answers = await Promise.all(bodies.map((body) => http(app(), 'POST /api/signup/verify', { body })));
    expect(statuses(answers)).to.deep.equal([200, 422, 422]);
    const logins = await Promise.all(bodies.map((body) => http(app(), 'POST /api/login', { body })));
    expect(statuses(logins)).to.deep.equal([200, 401, 401]);
  });

  it('a password reset code works once', async () => {
    const { email, username } = await app().person();
    await http(app(), 'POST /api/forgot/initiate', { body: { email } });
    const otp = codeIn((await app().smtp.next(email)).text);
    const passwords = ['a new password 1', 'a new password 2', 'a new password 3'];
    const answers = await Promise.all(
      passwords.map((new_password) => http(app(), 'POST /api/forgot/reset', { body: { email, otp, new_password } })),
    );
    expect(statuses(answers)).to.deep.equal([200, 422, 422]);
    const winner = passwords[answers.findIndex(({ status }) => status === 200)];
    for (const each of [...passwords, password]) {
      const login = await http(app(), 'POST /api/login', { body: { username, password: each } });
      expect(login.status, each).to.equal(each === winner ? 200 : 401);
    }
  });

  it('a username that two users change theirs to belongs to one of them', async () => {
    const people = await app().people('alice', 'bob');
    const answers = await Promise.all(people.map(({ rest }) => rest.ask('update_me', { username: 'the-wanted' })));
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 409]);
    const { users } = await people[0].rest.ask('search_users', { q: 'the-wanted' });
    expect(users).to.have.length(1);
  });

  it('a ticket opens one WebSocket', async () => {
    const { ticket } = await (await app().person()).rest.ask('ws_ticket');
    const url = `${app().url.replace('http', 'ws')}/api/ws?ticket=${ticket}`;
    const opened = await Promise.allSettled([url, url, url].map((each) => rawAt(each)));
    const clients = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    expect(clients).to.have.length(1);
    clients[0]?.close();
  });
});
