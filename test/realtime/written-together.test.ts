import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { Server } from 'socket.io';
import type { WebSocket } from 'ws';
import { roomOf } from '../../src/audience.ts';
import type { ChatServer } from '../../src/chat-server.ts';
import { Delivery } from '../../src/delivery.ts';
import { toConversation } from '../../src/effects.ts';
import { FrameWriter, Turn, textFrame } from '../../src/transports/frame-writer.ts';
import { writeTogether } from '../../src/transports/write-together.ts';
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

describe('What one turn of the event loop writes to a WebSocket', () => {
  const pair = webSocketPairs();

  it('is not written any more by a process that stood still meanwhile: the connection is closed', async () => {
    const [late, soon] = [await pair(), await pair()];
    const [stale, fresh] = [new Turn(50), new Turn(5_000)];
    const closed = once(late.client, 'close');
    new FrameWriter(late.here, stale, never).write(textFrame('to one who may have been removed'));
    new FrameWriter(soon.here, fresh, never).write(textFrame('to one who has waited'));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100); // as when the process is stopped
    await Promise.all([closed, once(soon.client, 'message')]);
    expect([late.heard, soon.heard]).to.deep.equal([[], ['to one who has waited']]);
  });

  it('is not written if it is taken back, and the next turn is', async () => {
    const [here, next, turn] = [await pair(), await pair(), new Turn()];
    turn.takeBack(); // of nothing
    const closed = once(here.client, 'close');
    new FrameWriter(here.here, turn, never).write(textFrame('to one who may have been removed'));
    turn.takeBack();
    await closed;
    new FrameWriter(next.here, turn, never).write(textFrame('to one who is there'));
    await once(next.client, 'message');
    expect([here.heard, next.heard]).to.deep.equal([[], ['to one who is there']]);
  });

  it('goes out in one piece when it ends, in its order', async () => {
    const { client, heard, here, writes } = await pair();
    const writer = new FrameWriter(here, new Turn(), never);
    const texts = Array.from({ length: 50 }, (_, index) => `${index}${'ü'.repeat(index * 10)}`);
    for (const text of texts) writer.write(textFrame(text));
    expect(writes).to.have.length(0);
    await nextTurn();
    expect(writes).to.have.length(1);
    writer.write(textFrame('the next turn'));
    while (heard.length < 51) await once(client, 'message');
    expect(heard).to.deep.equal([...texts, 'the next turn']);
    expect(writes).to.have.length(2);
  });

  it('is joined once for all that get the same, and told apart where it differs', async () => {
    const turn = new Turn();
    const three = [await pair(), await pair(), await pair()];
    const [one, two, other] = three.map(({ here }) => new FrameWriter(here, turn, never)) as [
      FrameWriter,
      FrameWriter,
      FrameWriter,
    ];
    const [first, second, own] = [textFrame('first'), textFrame('second'), textFrame('own')];
    for (const writer of [one, two, other]) writer.write(first);
    other.write(own);
    for (const writer of [one, two, other]) writer.write(second);
    for (const { heard, client } of three) while (heard.length < 2) await once(client, 'message');
    const [a, b, c] = three;
    expect(a?.writes[0]).to.equal(b?.writes[0]); // the very same bytes, not equal ones
    while ((c?.heard.length ?? 3) < 3) await once(c?.client as WebSocket, 'message');
    expect(three.map(({ heard }) => heard)).to.deep.equal([
      ['first', 'second'],
      ['first', 'second'],
      ['first', 'own', 'second'],
    ]);
  });

  it('does not pile up for a client that does not read: it is cut instead', async () => {
    const { client, here } = await pair();
    client.pause();
    let cut = false;
    const tooSlow = () => {
      cut = true;
      here.terminate();
    };
    const writer = new FrameWriter(here, new Turn(), { mostUnreadBytes: MUCH_BYTES, tooSlow });
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

  it('goes out before the turn ends when it is much', async () => {
    const { here, writes } = await pair();
    const writer = new FrameWriter(here, new Turn(), never);
    for (let frames = 0; frames < 10; frames += 1) writer.write(textFrame('x'.repeat(50_000)));
    expect(writes).to.have.length.above(0);
  });
});

describe('What was told before a removal', () => {
  it('is written before the removal can be acknowledged', async () => {
    const http = createServer();
    const io: ChatServer = new Server(http);
    const turn = new Turn();
    writeTogether(io, turn, never);
    const delivery = new Delivery(io, () => undefined, { emitted: () => undefined }, turn);
    const url = await listening(http);
    try {
      const entered = once(io.of('/chat'), 'connection');
      connection(url).socket('/chat').connect();
      const [socket] = await entered;
      await nextTurn();
      const writes = writesOf(socket.conn.transport.socket);
      socket.join(roomOf(1));
      const payload = { conversation_id: 1, message_id: 1, seq: 1, sender_id: 2, deleted_at: '' };
      const told = toConversation({ id: 1, removalSeq: 0 }, { type: 'deleted_message', payload });
      delivery.deliver([told]);
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

describe('A Socket.IO client that begins with long polling', () => {
  it('hears everything once and in order while it changes to a WebSocket', async () => {
    const app = await startApp();
    try {
      const [alice, bob] = await app.people('alice', 'bob');
      const { conversation_id } = await alice.rest.ask('open_private_conversation', { other_user_id: bob.id });
      const source = await alice.raw();
      const hearer = await socketio(app.url, bob.token, { transports: ['polling', 'websocket'] });
      const sent = Array.from({ length: 400 }, (_, index) => `Message ${index}`);
      const answers: unknown[] = [];
      for (const content of sent) {
        // the hearer is answered in between, so that events and acknowledgements share its connection
        const [{ ok }] = await Promise.all([source.ask('message', { conversation_id, content }), hearer.ask('me')]);
        answers.push(ok);
      }
      expect(answers).to.deep.equal(sent.map(() => true));
      for (const content of sent) expect(await hearer.inbox.next('message')).to.include({ content });
      hearer.close();
    } finally {
      await app.stop();
    }
  });
});
