import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { Polling } from '../attacks/engine.ts';
import { answerOn, connectTo, requestText } from '../attacks/tcp.ts';
import { onEachDatabase, startApp, type TestApp } from '../support/app.ts';
import { People } from '../support/people.ts';
import { requirePostgresql } from '../support/services.ts';
import { CONVERSATIONS_OF_A_USER, makeHoldable, meanwhile } from './blocked-queries.ts';
import { bare, closeAll, connection, enter, upgrade } from './connecting.ts';

const MOST = 20;
const JOIN_WITHIN_MS = 2_000;
const LIMITED = { RATE_LIMITS: 'on', MAX_CONNECTIONS_PER_USER: '' };

describe('Connections of one user', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp('sqlite', LIMITED);
  });
  after(() => app.stop());
  afterEach(closeAll);

  it(`are limited to ${MOST}, of all kinds and with any number of namespaces, per user`, async () => {
    const [alice, bob] = await app.people('alice', 'bob');
    const { token } = alice;
    const managers = Array.from({ length: MOST / 2 }, () => connection(app.url));
    for (const manager of managers) for (const name of ['/chat', '/presence']) await enter(manager, name, token);
    const raws = await Promise.all(Array.from({ length: MOST / 2 }, () => alice.raw()));

    expect(await upgrade(app.url, `/api/ws?token=${token}`)).to.include({ status: 429, code: 'rate_limited' });
    for (const namespace of ['/chat', '/presence'])
      for (const transport of ['websocket', 'polling'])
        expect(await turnedAway(app.url, namespace, token, transport)).to.equal('transport close');
    expect(await upgrade(app.url, `/api/ws?token=${bob.token}`)).to.include({ status: 101 });

    raws[0]?.close();
    await raws[0]?.closed;
    const freed = await alice.raw();
    expect(await freed.ask('me')).to.include({ ok: true });
    expect(await upgrade(app.url, `/api/ws?token=${token}`)).to.include({ status: 429 });
  });

  it('are limited also when many are opened at once', async () => {
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

  it('during admission is not counted for ever', async () => {
    const alice = await app.person('alice');
    for (let round = 0; round < 4; round += 1) {
      const { token } = await people.logIn(alice); // a new session each time, so that it has to be queried
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

/** The reason for which the connection ends without a refusal, which clients take as final. */
function turnedAway(url: string, namespace: string, token: string, transport: string): Promise<string> {
  const manager = connection(url, { transports: [transport] });
  return new Promise((resolve, reject) => {
    const socket = manager.socket(namespace, { auth: { token } });
    socket.once('connect', () => reject(new Error(`${namespace} was entered`))).once('connect_error', reject);
    manager.once('close', resolve);
  });
}

describe('A client that cannot be admitted at the moment', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp('sqlite', { ...LIMITED, MAX_CONNECTIONS_PER_USER: '1' });
  });
  after(() => app.stop());
  afterEach(closeAll);

  for (const transport of ['websocket', 'polling']) {
    it(`connects by itself once it can, over ${transport}`, async () => {
      const { token } = await app.person();
      const first = connection(app.url);
      const entered = await enter(first, '/chat', token);
      const second = connection(app.url, {
        transports: [transport],
        reconnection: true,
        reconnectionDelay: 50,
        reconnectionDelayMax: 100,
      });
      const socket = second.socket('/chat', { auth: { token } });
      const refused = new Promise((_, reject) => socket.once('connect_error', reject));
      await Promise.race([new Promise((resolve) => second.once('reconnect', resolve)), refused]);
      expect(socket.connected).to.equal(false);
      const admitted = new Promise((resolve) => socket.once('connect', resolve as () => void));
      entered.disconnect();
      await Promise.race([admitted, refused]);
      expect(socket.connected).to.equal(true);
    });
  }
});

describe('An upgrade to a plain WebSocket', () => {
  let app: TestApp;
  before(async function () {
    this.timeout(120_000);
    await requirePostgresql(this);
    app = await startApp('postgresql', { ...LIMITED, MAX_CONNECTIONS_PER_USER: '1' });
    await makeHoldable(app, 'participants', CONVERSATIONS_OF_A_USER);
  });
  after(() => app?.stop());
  afterEach(closeAll);

  /** Sends the request only. */
  async function request(token: string): Promise<Socket> {
    const { hostname, port, host } = new URL(app.url);
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    await once(socket, 'connect');
    const head = `GET /api/ws?token=${token} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket`;
    socket.write(`${head}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
    return socket;
  }

  it('that is reset during the query of its conversations is not counted for ever', async () => {
    for (const end of ['resetAndDestroy', 'destroy'] as const) {
      const alice = await app.person('alice');
      await alice.rest.ask('create_group', { name: 'Group', member_ids: [] }); // the query that can be blocked needs a row
      const hangUp = async (asked: Promise<Socket>) => {
        const socket = await asked;
        socket[end]();
        await once(socket, 'close');
      };
      let asked: Promise<Socket> | undefined;
      await meanwhile(
        app,
        () => {
          asked = request(alice.token);
          return asked;
        },
        () => hangUp(asked as Promise<Socket>), // the upgrade has begun
      );
      let status = 429;
      while (status === 429) ({ status } = await upgrade(app.url, `/api/ws?token=${alice.token}`));
      expect(status).to.equal(101);
    }
  });
});

describe('A connection that never logs in', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp('sqlite', { LOGIN_TIMEOUT_SEC: `${JOIN_WITHIN_MS / 1_000}` });
  });
  after(() => app.stop());

  it('is closed in time, like one that has left its namespaces, with or without polling; one with a namespace stays', async () => {
    const alice = await app.person('alice');
    const began = Date.now();
    const [silent, left, good] = await Promise.all([bare(app.url), bare(app.url), bare(app.url)]);
    const [polling, idle] = await Promise.all([Polling.open(app.url), Polling.open(app.url)]);
    const slow = await connectTo(app.url);
    const path = new URL((await Polling.open(app.url)).address);
    slow.write(requestText(`POST ${path.pathname}${path.search}`, { 'content-length': '100' }, '40/chat,'));
    const connect = `40/chat,${JSON.stringify({ token: alice.token })}`;
    good.send(connect);
    left.send(connect);
    await once(left, 'message');
    left.send('41/chat,');
    await Promise.all([once(silent, 'close'), once(left, 'close'), polling.untilClosed(), answerOn(slow)]);
    expect(Date.now() - began).to.be.within(JOIN_WITHIN_MS - 500, JOIN_WITHIN_MS + 2_000);
    await new Promise((resolve) => setTimeout(resolve, began + JOIN_WITHIN_MS + 1_500 - Date.now()));
    expect(await idle.poll(), 'nothing is left of it').to.equal(undefined);
    good.send('42/chat,1["me"]');
    for (;;) {
      const [data] = await once(good, 'message');
      if (String(data).startsWith('43/chat,1[{"ok":true')) break;
    }
    good.terminate();
  }).timeout(120_000);
});
