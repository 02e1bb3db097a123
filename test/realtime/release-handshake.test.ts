import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';
import type { Client } from '../support/clients.ts';

const CONNECTIONS = 20;
const MOST_IN_USE = CONNECTIONS / 4;
const MOST_COLLECTIONS = 50;
/** Published for each connection that a server of this process accepts. */
const ACCEPTED = 'net.server.socket';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

describe('The request that a connection was opened with', () => {
  let app: TestApp;
  let requests: WeakRef<IncomingMessage>[] = [];
  const servers = new Set<Server>();
  const watch = (published: unknown) => {
    const { server } = (published as { socket: Socket & { server: Server } }).socket; // not in its types
    if (servers.has(server)) return;
    servers.add(server);
    server.on('upgrade', (request) => requests.push(new WeakRef(request)));
  };
  before(async () => {
    subscribe(ACCEPTED, watch);
    app = await startApp();
  });
  beforeEach(() => {
    requests = [];
  });
  after(async () => {
    unsubscribe(ACCEPTED, watch);
    await app.stop();
  });

  /** The number of requests that are still referenced after repeated garbage collection. */
  async function inUse(): Promise<number> {
    for (let count = 1; ; count += 1) {
      await setImmediate(); // a dereferenced WeakRef stays alive until then
      collectGarbage();
      const used = requests.filter((request) => request.deref() !== undefined).length;
      if (used < MOST_IN_USE || count === MOST_COLLECTIONS) return used;
    }
  }

  it('is released while the connection stays open, over a plain WebSocket', async function () {
    this.timeout(120_000);
    const person = await app.person();
    const clients: Client[] = [];
    for (let count = 0; count < CONNECTIONS; count += 1) clients.push(await person.client('raw'));
    expect((await clients[0]?.ask('me'))?.ok).to.equal(true);
    expect(requests).to.have.length(CONNECTIONS);
    expect(await inUse()).to.be.below(MOST_IN_USE);
    for (const client of clients) expect((await client.ask('me')).ok, 'it stays open').to.equal(true);
    for (const client of clients) client.close();
  });
});
