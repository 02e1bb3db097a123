import { once } from 'node:events';
import { expect } from 'chai';
import type { WebSocket } from 'ws';
import { startApp, type TestApp } from '../support/app.ts';
import type { Client } from '../support/clients.ts';
import type { Person } from '../support/people.ts';
import { limitMs } from '../support/soak.ts';
import { openWebSocket, Polling, SEPARATOR, untilClosed } from './engine.ts';

const FLOOD = 1_900;
const CLOSED_WITHIN_MS = limitMs(2_000);

/** The server has received everything before the ping: the pong comes after. */
async function received(socket: WebSocket): Promise<void> {
  socket.ping();
  await once(socket, 'pong');
}

describe('A flood of CONNECT packets', () => {
  let app: TestApp;
  let alice: Person;
  let bystander: Client;
  before(async () => {
    app = await startApp();
    alice = await app.person('alice');
    bystander = await (await app.person('bob')).socketio();
  });
  after(() => app.stop());
  afterEach(async () => {
    expect(await bystander.ask('me')).to.include({ ok: true });
  });

  const connect = (namespace = '/chat', token = alice.token) => `40${namespace},${JSON.stringify({ token })}`;
  const times = (count: number, packet: string) => Array.from({ length: count }, () => packet);

  async function entered(socket: WebSocket, namespace = '/chat'): Promise<void> {
    socket.send(connect(namespace));
    for (;;) {
      const [data] = await once(socket, 'message');
      if (String(data).startsWith(`40${namespace}`)) return;
    }
  }

  it('in one long-polling request is refused as a whole, and closes the connection', async () => {
    const polling = await Polling.open(app.url);
    const refused = await polling.post(times(FLOOD, connect()).join(SEPARATOR));
    expect(refused.status).to.be.oneOf([400, 413]);
    expect(await refused.json()).to.include({ success: false });
    expect(await polling.poll()).to.equal(undefined);
    const anonymous = await Polling.open(app.url);
    expect((await anonymous.post(times(FLOOD, '40/chat,').join(SEPARATOR))).status).to.equal(400);
    expect(await anonymous.poll()).to.equal(undefined);
  });

  it('closes the connection at the second one for the same namespace, whose events are not sent twice', async () => {
    const polling = await Polling.open(app.url);
    await polling.post(times(60, connect()).join(SEPARATOR));
    expect((await polling.untilClosed()).filter((packet) => packet.startsWith('40'))).to.have.length.of.at.most(1);
    const socket = await openWebSocket(app.url);
    for (const packet of times(60, connect())) socket.send(packet);
    expect((await untilClosed(socket)).packets.filter((packet) => packet.startsWith('40'))).to.have.length.of.at.most(
      1,
    );
    const inside = await openWebSocket(app.url);
    await entered(inside);
    inside.send(connect());
    await untilClosed(inside);
  });

  it('to unknown namespaces closes the connection, after at most a few answers', async () => {
    const socket = await openWebSocket(app.url);
    for (let count = 0; count < 1_000; count += 1) socket.send(`40/nowhere${count},`);
    expect((await untilClosed(socket)).packets).to.have.length.of.at.most(4);
  });

  it('is not detected when both namespaces are joined, and one is left and joined again', async () => {
    const socket = await openWebSocket(app.url);
    await entered(socket, '/chat');
    await entered(socket, '/presence');
    for (let round = 0; round < 3; round += 1) {
      socket.send('41/chat,');
      await received(socket);
      await entered(socket, '/chat');
    }
    socket.send('42/chat,7["me"]');
    const [answer] = await once(socket, 'message');
    expect(String(answer)).to.match(/^43\/chat,7\[\{"ok":true/);
    socket.terminate();
  });

  it('of a client that joins and leaves endlessly closes the connection', async () => {
    const socket = await openWebSocket(app.url);
    let count = 0;
    socket.on('message', async (data) => {
      if (!String(data).startsWith('40/chat')) return;
      count += 1;
      socket.send('41/chat,');
      await received(socket);
      socket.send(connect());
    });
    socket.send(connect());
    await untilClosed(socket);
    expect(count).to.be.within(20, 50);
  });

  it('that are permanently refused closes the connection shortly after each namespace was answered', async () => {
    const refused = [connect('/chat', 'bad'), connect('/presence', 'bad')];
    const began = performance.now();
    const socket = await openWebSocket(app.url);
    const closed = untilClosed(socket);
    for (const packet of refused) socket.send(packet);
    const polling = await Polling.open(app.url);
    await polling.post(refused.join(SEPARATOR));
    for (const packets of [(await closed).packets, await polling.untilClosed()]) {
      const errors = packets.filter((packet) => packet.startsWith('44'));
      expect(errors.map((packet) => packet.split(',')[0])).to.have.members(['44/chat', '44/presence']);
      for (const packet of errors) expect(packet).to.include('"code":"unauthenticated"');
    }
    expect(performance.now() - began).to.be.below(CLOSED_WITHIN_MS);
  });
});
