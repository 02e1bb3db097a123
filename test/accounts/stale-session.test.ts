import { expect } from 'chai';
import { closeAll, connection, enter, upgrade } from '../realtime/connecting.ts';
import { makeHoldable, meanwhile } from '../realtime/held-up.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { rest } from '../support/clients.ts';
import { requirePostgresql } from '../support/services.ts';
import { ask, codeFor } from './asking.ts';

const A_SESSION = '%select%from "sessions"%';

describe('A session that ends while it is being looked up', () => {
  let app: TestApp;
  before(async function () {
    this.timeout(30_000);
    await requirePostgresql(this);
    app = await startApp('postgresql');
    await makeHoldable(app, 'sessions', A_SESSION);
  });
  after(() => app?.stop());
  afterEach(closeAll);

  const ways: Record<string, (token: string) => Promise<unknown>> = {
    REST: async (token) => (await rest(app.url, token).ask('me')).error?.code,
    'plain WebSocket': async (token) => (await upgrade(app.url, `/api/ws?token=${token}`)).code,
    'Socket.IO': (token) => enter(connection(app.url), '/chat', token).catch(({ data }) => data.code),
  };

  for (const [name, tryIt] of Object.entries(ways)) {
    it(`opens nothing any more over ${name}`, async () => {
      const alice = await app.person('alice');
      const reset = { email: alice.email, otp: await codeFor(app, 'forgot', alice), new_password: 'AnotherPassword1' };
      const end = async () => expect((await ask(app, 'forgot/reset', reset)).status).to.equal(200);
      const { begun } = await meanwhile(app, () => tryIt(alice.token), end);
      expect(await begun).to.equal('unauthenticated');
      expect(await tryIt(alice.token)).to.equal('unauthenticated');
    });
  }
});
