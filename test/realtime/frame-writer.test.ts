import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { Server } from 'socket.io';
import type { WebSocket } from 'ws';
import { MemoryBroker } from '../../src/broker/memory.ts';
import { Delivery } from '../../src/delivery/delivery.ts';
import { toConversation } from '../../src/delivery/effects.ts';
import { roomOf } from '../../src/delivery/rooms.ts';
import type { ChatServer } from '../../src/delivery/socket-types.ts';
import { FrameWriter, TickBuffer, textFrame } from '../../src/transports/frame-writer.ts';
import { coalesceWrites } from '../../src/transports/socketio/coalesce-writes.ts';
import { startApp } from '../support/app.ts';
import { socketio } from '../support/clients.ts';
import { closeAll, connection } from './connecting.ts';
import { webSocketPairs, writesOf } from './web-socket-pairs.ts';

const MUCH_BYTES = 1_000_000;
const never = { mostUnreadBytes: Number.POSITIVE_INFINITY, tooSlow: () => expect.fail('nobody is slow here') };
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

const listening = async (server: HttpServer) => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

describe('Writes to a WebSocket in one tick', () => {
  const pair = webSocketPairs();

  it('are discarded after a pause of the process, and the connection is closed', async () => {
    const [late, soon] = [await pair(), await pair()];
    const [stale, fresh] = [new TickBuffer(50), new TickBuffer(5_000)];
    const closed = once(late.client, 'close');
    new FrameWriter(late.here, stale, never).write(textFrame('to be discarded'));
    new FrameWriter(soon.here, fresh, never).write(textFrame('in time'));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100); // as when the process is stopped
    await Promise.all([closed, once(soon.client, 'message')]);
    expect([late.received, soon.received]).to.deep.equal([[], ['in time']]);
  });

  it('are discarded after their deadline, and those of the next tick are written', async () => {
    const [here, next, buffer] = [await pair(), await pair(), new TickBuffer()];
    buffer.writeBy(performance.now()); // nothing is buffered yet
    const closed = once(here.client, 'close');
    new FrameWriter(here.here, buffer, never).write(textFrame('to be discarded'));
    buffer.writeBy(performance.now());
    await closed;
    new FrameWriter(next.here, buffer, never).write(textFrame('in the next tick'));
    await once(next.client, 'message');
    expect([here.received, next.received]).to.deep.equal([[], ['in the next tick']]);
  });

  it('are written together at its end, in order', async () => {
    const { client, received, here, writes } = await pair();
    const writer = new FrameWriter(here, new TickBuffer(), never);
    const texts = Array.from({ length: 50 }, (_, index) => `${index}${'ü'.repeat(index * 10)}`);
    for (const text of texts) writer.write(textFrame(text));
    expect(writes).to.have.length(0);
    await nextTurn();
    expect(writes).to.have.length(1);
    writer.write(textFrame('the next tick'));
    while (received.length < 51) await once(client, 'message');
    expect(received).to.deep.equal([...texts, 'the next tick']);
    expect(writes).to.have.length(2);
  });

  it('are joined once for all sockets with the same frames', async () => {
    const buffer = new TickBuffer();
    const three = [await pair(), await pair(), await pair()];
    const [one, two, other] = three.map(({ here }) => new FrameWriter(here, buffer, never)) as [
      FrameWriter,
      FrameWriter,
      FrameWriter,
    ];
    const [first, second, own] = [textFrame('first'), textFrame('second'), textFrame('own')];
    for (const writer of [one, two, other]) writer.write(first);
    other.write(own);
    for (const writer of [one, two, other]) writer.write(second);
    for (const { received, client } of three) while (received.length < 2) await once(client, 'message');
    const [a, b, c] = three;
    expect(a?.writes[0]).to.equal(b?.writes[0]); // the very same bytes, not equal ones
    while ((c?.received.length ?? 3) < 3) await once(c?.client as WebSocket, 'message');
    expect(three.map(({ received }) => received)).to.deep.equal([
      ['first', 'second'],
      ['first', 'second'],
      ['first', 'own', 'second'],
    ]);
  });

  it('do not pile up for a client that does not read: it is disconnected', async () => {
    const { client, here } = await pair();
    client.pause();
    let cut = false;
    const tooSlow = () => {
      cut = true;
      here.terminate();
    };
    const writer = new FrameWriter(here, new TickBuffer(), { mostUnreadBytes: MUCH_BYTES, tooSlow });
    const frame = textFrame('x'.repeat(50_000));
    let most = 0;
    for (let turns = 0; turns < 1_000 && !cut; turns += 1) {
      writer.write(frame);
      await nextTurn();
      most = Math.max(most, here.bufferedAmount);
    }
    expect(cut).to.equal(true);
    expect(most).to.be.below(MUCH_BYTES * 1.2);
  });

  it('are written before its end if they are large', async () => {
    const { here, writes } = await pair();
    const writer = new FrameWriter(here, new TickBuffer(), never);
    for (let frames = 0; frames < 10; frames += 1) writer.write(textFrame('x'.repeat(50_000)));
    expect(writes).to.have.length.above(0);
  });
});

describe('An event before a removal', () => {
  it('is written before the removal can be acknowledged', async () => {
    const http = createServer();
    const io: ChatServer = new Server(http);
    const buffer = new TickBuffer();
    coalesceWrites(io, buffer, never);
    const delivery = new Delivery(io, new MemoryBroker(), { emitted: () => undefined }, buffer);
    const url = await listening(http);
    try {
      const entered = once(io.of('/chat'), 'connection');
      connection(url).socket('/chat').connect();
      const [socket] = await entered;
      await nextTurn();
      const writes = writesOf(socket.conn.transport.socket);
      socket.join(roomOf(1));
      const payload = { conversation_id: 1, message_id: 1, seq: 1, sender_id: 2, deleted_at: '' };
      const effect = toConversation({ id: 1, removalSeq: 0 }, { type: 'deleted_message', payload });
      delivery.deliver([effect]);
      expect(writes, 'need it to be held until the turn ends').to.have.length(0);
      delivery.deliver([{ kind: 'leave', conversationId: 1, userId: 3, removalSeq: 2 }]);
      expect(writes).to.have.length(1);
      expect(String(writes[0])).to.contain('deleted_message');
    } finally {
      closeAll();
      await io.close();
    }
  });
});

describe('A Socket.IO client that starts with long polling', () => {
  it('receives everything once and in order during its upgrade to WebSocket', async () => {
    const app = await startApp();
    try {
      const [alice, bob] = await app.people('alice', 'bob');
      const { conversation_id } = await alice.rest.ask('open_private_conversation', { other_user_id: bob.id });
      const source = await alice.raw();
      const receiver = await socketio(app.url, bob.token, { transports: ['polling', 'websocket'] });
      const sent = Array.from({ length: 400 }, (_, index) => `Message ${index}`);
      const answers: unknown[] = [];
      for (const content of sent) {
        // with calls of the receiver in between, so that events and acknowledgements share its connection
        const [{ ok }] = await Promise.all([source.ask('message', { conversation_id, content }), receiver.ask('me')]);
        answers.push(ok);
      }
      expect(answers).to.deep.equal(sent.map(() => true));
      for (const content of sent) expect(await receiver.inbox.next('message')).to.include({ content });
      receiver.close();
    } finally {
      await app.stop();
    }
  });
});
