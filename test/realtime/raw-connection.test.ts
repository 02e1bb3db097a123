import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { Server } from 'socket.io';
import { WebSocket, WebSocketServer } from 'ws';
import { MemoryBroker } from '../../src/broker/memory.ts';
import { Delivery } from '../../src/delivery/delivery.ts';
import { toConversation } from '../../src/delivery/effects.ts';
import { roomOf, roomOfUser } from '../../src/delivery/rooms.ts';
import { type ChatServer, PLAIN } from '../../src/delivery/socket-types.ts';
import { TickBuffer } from '../../src/transports/frame-writer.ts';
import { Translation } from '../../src/transports/websocket/packet-to-frame.ts';
import { RawConnection } from '../../src/transports/websocket/socket.ts';

const USER = 7;
const CONVERSATION = 7; // the same number as the user's: their rooms are not the same

describe('A plain WebSocket among the sockets of Socket.IO', () => {
  const http = createServer();
  const io: ChatServer = new Server(http, { destroyUpgrade: false });
  const buffer = new TickBuffer();
  const emitted = (_: string, count: number) => void reached.push(count);
  const delivery = new Delivery(io, new MemoryBroker(), { emitted }, buffer);
  const webSockets = new WebSocketServer({ server: http });
  const reached: number[] = [];
  const left: string[] = [];
  const clients: WebSocket[] = [];
  before(() => once(http.listen(0, '127.0.0.1'), 'listening'));
  const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
  afterEach(async () => {
    for (const client of clients.splice(0)) client.terminate();
    for (let turns = 0; turns < 1_000 && io.of(PLAIN).sockets.size > 0; turns += 1) await nextTurn();
    for (const list of [reached, left]) list.length = 0;
  });
  after(async () => {
    webSockets.close();
    await io.close();
  });

  async function entered() {
    const client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
    clients.push(client);
    const [[here]] = (await Promise.all([once(webSockets, 'connection'), once(client, 'open')])) as [
      [WebSocket],
      unknown,
    ];
    const data = {
      userId: USER,
      sessionId: 'session',
      expiresAt: Number.POSITIVE_INFINITY,
      holdsToken: true,
      address: '',
    };
    const raw = new RawConnection(here, data, {
      namespace: io.of(PLAIN),
      buffer,
      translation: new Translation(),
      tooSlow: () => expect.fail('nobody is slow here'),
      closed: ({ id }) => left.push(id),
    });
    raw.enter();
    raw.join([roomOfUser(USER), roomOf(CONVERSATION)]);
    const received: unknown[] = [];
    client.on('message', (data) => received.push(JSON.parse(String(data))));
    return { raw, client, received };
  }

  const deleted = (message_id: number) => {
    const payload = { conversation_id: CONVERSATION, message_id, seq: message_id, sender_id: 2, deleted_at: '' };
    return toConversation({ id: CONVERSATION, removalSeq: 0 }, { type: 'deleted_message', payload });
  };
  const typing = () => {
    const payload = { conversation_id: CONVERSATION, sender_id: 2, sender_username: 'bob', expires_at: '' };
    const to = { room: { id: CONVERSATION, removalSeq: 0 }, exceptUser: 2 };
    return { kind: 'emit', to, event: { type: 'typing_start', payload } } as const;
  };

  it('receives the events of both namespaces in one order, and is counted once for each', async () => {
    const { client, received } = await entered();
    delivery.deliver([deleted(1), typing(), deleted(2)]);
    while (received.length < 3) await once(client, 'message');
    expect(received.map((frame) => (frame as { type: string }).type)).to.deep.equal([
      'deleted_message',
      'typing_start',
      'deleted_message',
    ]);
    expect(reached).to.deep.equal([1, 1, 1]);
  });

  it('receives nothing of a conversation that its user left, although the user has the same number', async () => {
    const { raw, client, received } = await entered();
    delivery.deliver([{ kind: 'leave', conversationId: CONVERSATION, userId: USER, removalSeq: 1 }, deleted(1)]);
    raw.emit('conversation_update', { seq: 2 });
    await once(client, 'message');
    expect(received).to.deep.equal([{ type: 'conversation_update', seq: 2 }]);
    expect([...raw.rooms]).to.deep.equal([raw.id, roomOfUser(USER)]);
  });

  for (const [how, end] of [
    ['its client hangs up', ({ client }) => client.terminate()],
    ['it is closed', ({ raw }) => raw.close()],
    ['its session ends', () => delivery.deliver([{ kind: 'end', userId: USER, sessionId: 'session' }])],
  ] as [string, (of: Awaited<ReturnType<typeof entered>>) => void][]) {
    it(`leaves nothing behind when ${how}`, async () => {
      const one = await entered();
      const closed = once(one.client, 'close');
      end(one);
      await closed;
      for (let turns = 0; turns < 1_000 && left.length === 0; turns += 1) await nextTurn();
      const { sockets, adapter } = io.of(PLAIN);
      expect([sockets.size, adapter.sids.size, adapter.rooms.size]).to.deep.equal([0, 0, 0]);
      expect(left).to.deep.equal([one.raw.id]);
    });
  }
});
