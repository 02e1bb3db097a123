import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect } from 'chai';
import { Server } from 'socket.io';
import { connect } from '../../packages/client/src/client.ts';
import { type App, createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { migratedEnvironment } from '../support/app.ts';
import { People } from '../support/people.ts';
import { freePort } from '../support/processes.ts';
import { openProxy } from './proxy.ts';
import { until } from './until.ts';

describe('When the server closes a connection, the client', () => {
  let fresh: Awaited<ReturnType<typeof migratedEnvironment>>;
  let app: App;
  let port: number;
  let people: People;
  /** Cleanup after each test. */
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
  });
  before(async function () {
    this.timeout(120_000);
    port = await freePort();
    fresh = await migratedEnvironment('sqlite', { HTTP_ADDR: `127.0.0.1:${port}` });
    app = await start();
    people = new People(app.url, fresh.smtp);
  });
  after(async () => {
    await app?.stop();
    await fresh?.remove();
  });
  const start = () => createApp(readConfig(fresh.env));
  async function conversation() {
    const [alice, bob] = [await people.signUp('alice'), await people.signUp('bob')];
    const { conversation_id } = await alice.rest.ask('open_private_conversation', { other_user_id: bob.id });
    return { alice, id: conversation_id as number };
  }

  it('reconnects, even if each new connection is closed for a while without a reason', async function () {
    this.timeout(120_000);
    const { alice, id } = await conversation();
    const chat = connect({ url: app.url, token: alice.token, random: () => 0 });
    cleanups.push(() => chat.close());
    await until(chat.status, ({ state, behind }) => state === 'online' && !behind);
    const states = new Set<string>();
    chat.status.subscribe(() => states.add(chat.status.get().state));
    await app.stop();
    const closing = await closingServer(port);
    chat.conversation(id).send('while it was closed');
    while (closing.closed < 2) await once(closing.io.engine, 'connection');
    await closing.stop();
    app = await start();
    await until(chat.conversation(id), ({ messages }) => messages[0]?.state === 'sent', 15_000);
    expect([...states]).not.to.include('unauthenticated');
  });

  it('sends a message again, even if the server stopped twice while it was in flight', async function () {
    this.timeout(120_000);
    const { alice, id } = await conversation();
    const proxy = await openProxy(port);
    const chat = connect({ url: proxy.url, token: alice.token, random: () => 0 });
    cleanups.push(
      () => chat.close(),
      () => proxy.stop(),
    );
    const store = chat.conversation(id);
    store.subscribe(() => undefined);
    await until(store, ({ loading }) => !loading);
    await until(chat.status, ({ behind }) => !behind);
    const content = 'x'.repeat(4_000);
    for (let stops = 0; stops < 2; stops += 1) {
      const inFlight = proxy.holdLarger(2_000);
      if (stops === 0) store.send(content);
      else app = await start();
      await inFlight;
      await app.stop();
      await until(chat.status, ({ state }) => state === 'waiting');
      proxy.release();
      // an attempt to connect fails: the server is away for a while
      await until(chat.status, ({ state }) => state === 'connecting');
      await until(chat.status, ({ state }) => state === 'waiting');
    }
    expect(store.get().messages.map(({ state }) => state)).to.deep.equal(['pending']);
    app = await start();
    await until(store, ({ messages }) => messages[0]?.state === 'sent', 15_000);
  });
});

/** A Socket.IO server that closes each connection before it is used. */
async function closingServer(port: number) {
  const http = createServer();
  const io = new Server(http);
  let closed = 0;
  io.engine.on('connection', (connection) => {
    closed += 1;
    connection.close();
  });
  await once(http.listen(port, '127.0.0.1'), 'listening');
  return {
    io,
    get closed() {
      return closed;
    },
    stop: () => io.close(),
  };
}
