import { expect } from 'chai';
import { sql } from 'kysely';
import { closeAll, refusal, upgrade } from '../realtime/connecting.ts';
import { onEachDatabase, startApp, type TestApp } from '../support/app.ts';
import { rawAt, rest } from '../support/clients.ts';
import type { Person } from '../support/people.ts';
import { withDatabase } from './requests.ts';

onEachDatabase('A ticket', (kind) => {
  let app: TestApp;
  let alice: Person;
  before(async () => {
    app = await startApp(kind);
    alice = await app.person('alice');
  });
  after(() => app.stop());
  afterEach(closeAll);

  const issue = async (person = alice): Promise<string> => {
    const { ok, ticket, expires_in } = await person.rest.ask('ws_ticket');
    expect({ ok, expires_in }).to.deep.equal({ ok: true, expires_in: 30 });
    return ticket;
  };
  const path = (ticket: string) => `/api/ws?ticket=${ticket}`;

  it('opens one plain WebSocket for its user, and no second one', async () => {
    const ticket = await issue();
    const client = await rawAt(`${app.url.replace('http', 'ws')}${path(ticket)}`);
    expect(await client.ask('me')).to.include({ ok: true, id: alice.id });
    expect(await upgrade(app.url, path(ticket))).to.include({ status: 401, code: 'unauthenticated' });
    client.close();
  });

  it('opens one connection if it is used several times concurrently', async () => {
    const ticket = await issue();
    const statuses = await Promise.all(
      Array.from({ length: 5 }, async () => (await upgrade(app.url, path(ticket))).status),
    );
    expect(statuses.sort()).to.deep.equal([101, 401, 401, 401, 401]);
  });

  it('is not a token: it opens only a plain WebSocket', async () => {
    const ticket = await issue();
    for (const headers of [{ authorization: `Bearer ${ticket}` }, { cookie: `token=${ticket}` }]) {
      expect((await fetch(`${app.url}/api/me`, { headers })).status).to.equal(401);
    }
    expect((await fetch(`${app.url}/api/me?ticket=${ticket}`)).status).to.equal(401);
    expect((await refusal(app.url, '/chat', { token: ticket })).data?.code).to.equal('unauthenticated');
    expect((await refusal(app.url, '/chat', { ticket }, { query: { ticket } })).data?.code).to.equal('unauthenticated');
    expect(await upgrade(app.url, `/api/ws?token=${ticket}`)).to.include({ status: 401 });
    expect(await upgrade(app.url, path(ticket)), 'none of these used it up').to.include({ status: 101 });
  });

  it('has to be complete: a wrong or empty one opens nothing, even with a valid cookie', async () => {
    const headers = { cookie: alice.cookie };
    for (const ticket of ['', 'x', (await issue()).slice(1)]) {
      expect(await upgrade(app.url, path(ticket), headers)).to.include({ status: 401 });
    }
  });

  it('expires after 30 seconds', async () => {
    const ticket = await issue();
    await withDatabase(app, async (database) => {
      const { rows } = await sql<{ at: number }>`select max(expires_at) as at from tickets`.execute(database.sql);
      expect(Number(rows[0]?.at) - Date.now()).to.be.within(25_000, 30_000);
      await sql`update tickets set expires_at = ${Date.now() - 1}`.execute(database.sql);
    });
    expect(await upgrade(app.url, path(ticket))).to.include({ status: 401 });
  });

  it('ends with the session that requested it', async () => {
    const bob = await app.person('bob');
    const ticket = await issue(bob);
    await bob.rest.ask('logout');
    expect(await upgrade(app.url, path(ticket))).to.include({ status: 401 });
  });

  it('requires a login, and is stored hashed', async () => {
    expect(await rest(app.url).ask('ws_ticket')).to.include({ ok: false, status: 401 });
    const ticket = await issue();
    const rows = await withDatabase(
      app,
      async (database) => (await sql`select * from tickets`.execute(database.sql)).rows,
    );
    expect(rows).not.to.have.length(0);
    expect(JSON.stringify(rows)).not.to.include(ticket);
  });
});
