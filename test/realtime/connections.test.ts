import { once } from 'node:events';
import { expect } from 'chai';
import { onEachDatabase, startApp, type TestApp } from '../support/app.ts';
import { People } from '../support/people.ts';
import { bare, closeAll, connection, enter, refusal, upgrade } from './connecting.ts';

const MOST = 20;
const JOIN_WITHIN_MS = 10_000;
const LIMITED = { RATE_LIMITS: 'on', MAX_CONNECTIONS_PER_USER: '' };

describe('Connections of one user', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp('sqlite', LIMITED);
  });
  after(() => app.stop());
  afterEach(closeAll);

  it(`are ${MOST} at most, whichever kind and however many namespaces; others have their own`, async () => {
    const [alice, bob] = await app.people('alice', 'bob');
    const { token } = alice;
    const managers = Array.from({ length: MOST / 2 }, () => connection(app.url));
    for (const manager of managers) for (const name of ['/chat', '/presence']) await enter(manager, name, token);
    const raws = await Promise.all(Array.from({ length: MOST / 2 }, () => alice.raw()));

    expect(await upgrade(app.url, `/api/ws?token=${token}`)).to.include({ status: 429, code: 'rate_limited' });
    for (const namespace of ['/chat', '/presence']) {
      const { data } = await refusal(app.url, namespace, { token });
      expect(data).to.deep.include({ code: 'rate_limited', retry_after: 5 });
    }
    expect(await upgrade(app.url, `/api/ws?token=${bob.token}`)).to.include({ status: 101 });

    raws[0]?.close();
    await raws[0]?.closed;
    const freed = await alice.raw();
    expect(await freed.ask('me')).to.include({ ok: true });
    expect(await upgrade(app.url, `/api/ws?token=${token}`)).to.include({ status: 429 });
  });

  it('are not more when many are opened at once', async () => {
    const alice = await app.person('alice');
    const tries = Array.from({ length: MOST + 10 }, () => alice.raw().catch(() => undefined));
    const opened = (await Promise.all(tries)).flatMap((client) => client ?? []);
    const answers = opened.map((client) =>
      Promise.race([client.ask('me').then(({ ok }) => (ok ? 'open' : 'refused')), client.closed]),
    );
    const open = (await Promise.all(answers)).filter((answer) => answer === 'open');
    expect(open).to.have.length(MOST);
  });
});

onEachDatabase('A connection that breaks', (kind) => {
  let app: TestApp;
  let people: People;
  before(async () => {
    app = await startApp(kind, { ...LIMITED, MAX_CONNECTIONS_PER_USER: '2' });
    people = new People(app.url, app.smtp);
  });
  after(async () => {
    people.closeClients();
    await app.stop();
  });

  it('while it is being admitted does not count for ever', async () => {
    const alice = await app.person('alice');
    for (let round = 0; round < 4; round += 1) {
      const { token } = await people.logIn(alice); // a new session each time, so that it has to be looked up
      const socket = await bare(app.url);
      socket.send(`40/chat,${JSON.stringify({ token })}`);
      socket.terminate();
      await once(socket, 'close');
    }
    await alice.rest.ask('me');
    for (const client of [await alice.raw(), await alice.raw()]) {
      expect(await client.ask('me')).to.include({ ok: true, id: alice.id });
    }
  });
});

describe('A connection that never logs in', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp();
  });
  after(() => app.stop());

  it('is closed after 10 s, refused or silent; one that has stays', async () => {
    const alice = await app.person('alice');
    const began = Date.now();
    const [silent, refused, good] = await Promise.all([bare(app.url), bare(app.url), bare(app.url)]);
    refused.send('40/chat,{"token":"x"}');
    good.send(`40/chat,${JSON.stringify({ token: alice.token })}`);
    await Promise.all([silent, refused].map((socket) => once(socket, 'close')));
    expect(Date.now() - began).to.be.within(JOIN_WITHIN_MS - 500, JOIN_WITHIN_MS + 2_000);
    good.send('42/chat,1["me"]');
    for (;;) {
      const [data] = await once(good, 'message');
      if (String(data).startsWith('43/chat,1[{"ok":true')) break;
    }
    good.terminate();
  }).timeout(20_000);
});
