import { expect } from 'chai';
import { onEachDatabase, startApp, type TestApp } from '../support/app.ts';
import { rest } from '../support/clients.ts';
import { ask } from './requests.ts';

const RFC_3339_UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const PICTURE = 'https://cdn.example.com/avatars/alice.jpg';

onEachDatabase('The user’s own profile', (kind) => {
  let app: TestApp;
  before(async () => {
    app = await startApp(kind);
  });
  after(() => app.stop());

  async function get(cookie: string) {
    const response = await fetch(`${app.url}/api/me`, { headers: { cookie } });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  it('has exactly the documented fields', async () => {
    const alice = await app.person('Alice');
    const { status, body } = await get(alice.cookie);
    const { id, username, email } = alice;
    expect(status).to.equal(200);
    expect(body).to.deep.equal({
      success: true,
      id,
      username,
      email,
      profile_picture: '',
      created_at: body.created_at,
    });
    expect(body.created_at).to.match(RFC_3339_UTC);
    expect(Date.now() - Date.parse(String(body.created_at))).to.be.within(0, 60_000);
  });

  it('changes the given fields and no others', async () => {
    const alice = await app.person('alice');
    const before = (await get(alice.cookie)).body;
    const named = await alice.rest.ask('update_me', { username: `${alice.username}_new` });
    expect(named).to.deep.include({ ok: true, username: `${alice.username}_new`, profile_picture: '' });
    await alice.rest.ask('update_me', { profile_picture: PICTURE });
    const ignored = { id: 1, email: 'other@example.com', created_at: 'x', password: 'x', passwordHash: 'x' };
    await alice.rest.ask('update_me', ignored);
    const changed = { ...before, username: `${alice.username}_new`, profile_picture: PICTURE };
    expect((await get(alice.cookie)).body).to.deep.equal(changed);
    expect((await ask(app, 'login', { ...alice, username: `${alice.username}_new` })).status).to.equal(200);
    expect((await ask(app, 'login', alice)).status, 'the old name').to.equal(401);
    expect(await alice.rest.ask('update_me', { profile_picture: '' }), 'cleared').to.include({ profile_picture: '' });
  });

  it('does not take a name that another user has, in any case, but may change the case of its own name', async () => {
    const [alice, bob] = await app.people('alice', 'bob');
    const taken = await alice.rest.ask('update_me', { username: bob.username.toUpperCase() });
    expect(taken).to.deep.include({ ok: false, status: 409 });
    expect(taken.error.code).to.equal('username_taken');
    expect(await alice.rest.ask('update_me', { username: alice.username.toUpperCase() })).to.include({ ok: true });
  });

  it('refuses invalid names and pictures', async () => {
    const alice = await app.person('alice');
    const bad = {
      username: ['ab', 'x'.repeat(33), 'with blank', 'ümlаut', '', 7],
      profile_picture: [
        'javascript:alert(1)',
        'ftp://a.example/x',
        'https://',
        'a b',
        `${PICTURE}${'x'.repeat(2048)}`,
        7,
      ],
    };
    for (const [field, values] of Object.entries(bad)) {
      for (const value of values) {
        const { status, error } = await alice.rest.ask('update_me', { [field]: value });
        expect([status, error.fields?.[0]?.field], `${field} ${value}`).to.deep.equal([400, field]);
      }
    }
    expect(await alice.rest.ask('me')).to.include({ username: alice.username, profile_picture: '' });
  });

  it('requires a login', async () => {
    for (const [name, input] of [
      ['me', {}],
      ['update_me', { username: 'nobody' }],
    ] as const) {
      expect(await rest(app.url).ask(name, input)).to.include({ ok: false, status: 401 });
    }
  });
});

describe('When a user was last seen', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp();
  });
  after(() => app.stop());

  it('is the present for connected users, and does not change after they disconnect', async () => {
    const [alice, bob] = await app.people('alice', 'bob');
    const bobSocket = await bob.socketio();
    const online = await alice.rest.ask('last_seen', { user_id: bob.id });
    expect(online).to.include({ ok: true, status: 200, online: true });
    expect(online.last_seen).to.match(RFC_3339_UTC);
    expect(Date.now() - Date.parse(online.last_seen)).to.be.within(0, 2_000);
    const before = Date.now();
    bobSocket.close();
    await bobSocket.closed;
    let state = await alice.rest.ask('last_seen', { user_id: bob.id });
    while (state.online) state = await alice.rest.ask('last_seen', { user_id: bob.id });
    expect(Date.parse(state.last_seen)).to.be.within(before - 2_000, Date.now());
    expect((await alice.rest.ask('last_seen', { user_id: bob.id })).last_seen).to.equal(state.last_seen);
  });

  it('is 404 for an unknown user, and 400 for an invalid id', async () => {
    const { rest: alice } = await app.person('alice');
    expect(await alice.ask('last_seen', { user_id: 999_999 })).to.deep.include({ status: 404 });
    for (const bad of ['x', '0', '-1', '1.5', '9007199254740993', '1e3']) {
      const { status } = await alice.ask('last_seen', { user_id: bad });
      expect(status, bad).to.equal(400);
    }
  });
});
