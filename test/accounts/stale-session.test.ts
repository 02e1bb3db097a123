import { hash } from 'node:crypto';
import { expect } from 'chai';
import { sql } from 'kysely';
import { makeHoldable, meanwhile } from '../realtime/blocked-queries.ts';
import { closeAll, connection, enter, upgrade } from '../realtime/connecting.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { rest } from '../support/clients.ts';
import type { Person } from '../support/people.ts';
import { requirePostgresql } from '../support/services.ts';
import { claimsOf } from './forged-tokens.ts';
import { ask, codeFor, withDatabase } from './requests.ts';

const A_SESSION = '%select%from%sessions%';

describe('A session that ends while it is being queried', () => {
  let app: TestApp;
  before(async function () {
    this.timeout(120_000);
    await requirePostgresql(this);
    app = await startApp('postgresql');
    await makeHoldable(app, 'sessions', A_SESSION);
  });
  after(() => app?.stop());
  afterEach(closeAll);

  /** Each returns the error code of the refusal. */
  const ways: Record<string, (person: Person, ticket: string) => Promise<unknown>> = {
    REST: async ({ token }) => (await rest(app.url, token).ask('me')).error?.code,
    'plain WebSocket': async ({ token }) => (await upgrade(app.url, `/api/ws?token=${token}`)).code,
    'plain WebSocket with a ticket': async (_, ticket) =>
      (await upgrade(app.url, `/api/ws?ticket=${encodeURIComponent(ticket)}`)).code,
    'Socket.IO': ({ token }) => enter(connection(app.url), '/chat', token).catch(({ data }) => data.code),
  };

  for (const [name, tryIt] of Object.entries(ways)) {
    it(`opens no connection over ${name}`, async () => {
      const alice = await app.person('alice');
      const reset = { email: alice.email, otp: await codeFor(app, 'forgot', alice), new_password: 'AnotherPassword1' };
      const end = async () => expect((await ask(app, 'forgot/reset', reset)).status).to.equal(200);
      const ticket = await insertTicket(alice);
      const { begun } = await meanwhile(app, () => tryIt(alice, ticket), end);
      expect(await begun).to.equal('unauthenticated');
      expect(await tryIt(alice, ticket)).to.equal('unauthenticated');
    });
  }

  /** A ticket that was not issued through the token, which would have cached the session. */
  async function insertTicket(person: Person): Promise<string> {
    const ticket = `ticket of ${person.id}`;
    const { sid } = claimsOf(person);
    await withDatabase(app, ({ sql: db }) =>
      sql`
        insert into tickets (hash, session_id, expires_at)
        values (${hash('sha256', ticket)}, ${sid}, ${Date.now() + 30_000})`.execute(db),
    );
    return ticket;
  }
});
