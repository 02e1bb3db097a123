import { once } from 'node:events';
import { expect } from 'chai';
import type { WebSocket } from 'ws';
import { FrameWriter, Turn, textFrame } from '../../src/transports/frame-writer.ts';
import { tcpOf, webSocketPairs } from './web-socket-pairs.ts';

/** More than the system takes for a connection whose other end does not read. */
const TOO_MUCH_BYTES = 16_000_000;
const never = { mostUnreadBytes: Number.POSITIVE_INFINITY, tooSlow: () => expect.fail('nobody is slow here') };
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
/** As when the process is busy: what the system hears meanwhile is not yet known here. */
const standStill = () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);

/** Has nothing read any more. */
const deafen = (socket: WebSocket) =>
  (tcpOf(socket) as unknown as { _handle: { readStop(): void } })._handle.readStop();

describe('What is written past the queue of a stream', () => {
  const pair = webSocketPairs();

  it('keeps its order with what ws writes itself, the closing included, when the client stops reading', async () => {
    const { client, heard, here } = await pair();
    const writer = new FrameWriter(here, new Turn(), never);
    const order: string[] = [];
    client.on('message', (data) => order.push(String(data).slice(0, 8)));
    client.on('ping', (data) => order.push(String(data)));
    client.pause();
    const sent: string[] = [];
    const write = (name: string, bytes: number) => {
      sent.push(name);
      writer.write(textFrame(name.padEnd(bytes, '.')));
      writer.flush();
    };
    const ping = (name: string) => {
      sent.push(name);
      here.ping(name);
    };
    write('small  1', 8);
    write('large  1', TOO_MUCH_BYTES);
    expect(tcpOf(here).writableLength, 'need it to wait below the stream').to.equal(0);
    write('large  2', TOO_MUCH_BYTES);
    ping('ping  1');
    client.resume();
    while (heard.length < 2) await once(client, 'message');
    expect(tcpOf(here).writableLength, 'need the others to wait in the stream').to.be.above(TOO_MUCH_BYTES);
    write('small  2', 8);
    ping('ping  2');
    while (heard.length < 4) await once(client, 'message');
    write('small  3', 8);
    ping('ping  3');
    write('large  3', TOO_MUCH_BYTES);
    here.close(4000, 'over');
    const [code, reason] = await once(client, 'close');
    expect(order).to.deep.equal(sent);
    expect([code, String(reason)]).to.deep.equal([4000, 'over']);
  });

  it('counts for the limit of what a client may leave unread', async () => {
    const { client, here } = await pair();
    client.pause();
    let cut = 0;
    const tooSlow = () => {
      cut += 1;
      here.terminate();
    };
    const writer = new FrameWriter(here, new Turn(), { mostUnreadBytes: TOO_MUCH_BYTES / 2, tooSlow });
    writer.write(textFrame('x'.repeat(TOO_MUCH_BYTES)));
    writer.flush();
    expect([here.bufferedAmount, cut], 'need ws to know nothing of it').to.deep.equal([0, 0]);
    writer.write(textFrame('one more'));
    await nextTurn();
    expect(cut).to.equal(1);
  });

  for (const [when, meanwhile] of [
    ['before the server knows', standStill],
    ['while it waits to be taken', () => undefined],
  ] as const) {
    it(`to a connection that its client has reset ${when} closes it, and harms nobody else`, async () => {
      const [gone, other] = [await pair(), await pair()];
      gone.here.on('error', () => undefined);
      const closed = once(gone.here, 'close');
      const turn = new Turn();
      const [writer, another] = [new FrameWriter(gone.here, turn, never), new FrameWriter(other.here, turn, never)];
      if (when.startsWith('while')) writer.write(textFrame('x'.repeat(TOO_MUCH_BYTES)));
      gone.client.on('error', () => undefined);
      deafen(gone.here); // so that nothing but the write can tell
      tcpOf(gone.client).resetAndDestroy();
      meanwhile();
      for (const each of [writer, another]) each.write(textFrame('to both'));
      turn.flush();
      expect((await closed)[0]).to.equal(1006);
      while (other.heard.length < 1) await once(other.client, 'message');
      expect(other.heard).to.deep.equal(['to both']);
      expect(tcpOf(gone.here).destroyed).to.equal(true);
      writer.write(textFrame('too late'));
      turn.flush();
    });
  }

  it('is not written to a connection that was closed meanwhile', async () => {
    const { client, heard, here } = await pair();
    const writer = new FrameWriter(here, new Turn(), never);
    writer.write(textFrame('too late'));
    here.close();
    await once(client, 'close');
    expect(heard).to.deep.equal([]);
  });
});
