import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { WebSocket, WebSocketServer } from 'ws';
import { Heartbeat } from '../../src/transports/websocket/heartbeat.ts';

const PING_EVERY_MS = 100;
const PONG_WITHIN_MS = 200;
const LOOK_EVERY_MS = 10;
const ABNORMAL = 1006;

describe('The heartbeat of plain WebSockets', () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  const heartbeat = new Heartbeat(PING_EVERY_MS, PONG_WITHIN_MS, LOOK_EVERY_MS);
  const clients: WebSocket[] = [];
  server.on('connection', (socket) => heartbeat.watch(socket));
  before(async () => {
    if (server.address() === null) await once(server, 'listening');
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.terminate();
  });
  after(async () => {
    heartbeat.stop();
    await new Promise((resolve) => server.close(resolve));
  });

  async function connect(autoPong: boolean): Promise<WebSocket> {
    const { port } = server.address() as AddressInfo; // a string only for a Unix socket
    const client = new WebSocket(`ws://127.0.0.1:${port}`, { autoPong });
    clients.push(client);
    await once(client, 'open');
    return client;
  }

  it('disconnects a client that does not answer a ping, exactly after the timeout', async () => {
    const client = await connect(false);
    const opened = performance.now();
    await once(client, 'ping');
    expect(performance.now() - opened).to.be.within(PING_EVERY_MS - 20, PING_EVERY_MS + 1_000);
    const [code] = await once(client, 'close');
    expect(code).to.equal(ABNORMAL);
    const lived = performance.now() - opened;
    expect(lived).to.be.within(PING_EVERY_MS + PONG_WITHIN_MS - 20, PING_EVERY_MS + PONG_WITHIN_MS + 1_000);
  });

  it('keeps a client that answers, while others are disconnected', async () => {
    const [alive, dead] = [await connect(true), await connect(false)];
    let pings = 0;
    alive.on('ping', () => {
      pings += 1;
    });
    await once(dead, 'close');
    while (pings < 5) await once(alive, 'ping');
    expect(alive.readyState).to.equal(WebSocket.OPEN);
  });

  it('keeps a client that answers late, but in time', async () => {
    const client = await connect(false);
    await once(client, 'ping');
    setTimeout(() => client.pong(), PONG_WITHIN_MS / 2);
    await once(client, 'ping');
    expect(client.readyState).to.equal(WebSocket.OPEN);
  });
});
