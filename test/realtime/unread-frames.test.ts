import { once } from 'node:events';
import { expect } from 'chai';
import type { WebSocket } from 'ws';
import { FrameWriter, TickBuffer, textFrame } from '../../src/transports/frame-writer.ts';
import { tcpOf, webSocketPairs } from './web-socket-pairs.ts';

/** More than the system buffers for a connection whose other end does not read. */
const TOO_MUCH_BYTES = 16_000_000;
const never = { mostUnreadBytes: Number.POSITIVE_INFINITY, tooSlow: () => expect.fail('nobody is slow here') };
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
/** Blocks the process, so that it has not processed what the system has received. */
const blockProcess = () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);

/** Stops reading. */
const stopReading = (socket: WebSocket) =>
  (tcpOf(socket) as unknown as { _handle: { readStop(): void } })._handle.readStop();

describe('A frame that the system does not accept at once', () => {
  const pair = webSocketPairs();

  it('keeps its order with the writes of ws, including the close frame, when the client stops reading', async () => {
    const { client, received, here } = await pair();
    const writer = new FrameWriter(here, new TickBuffer(), never);
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
    expect(tcpOf(here).writableLength, 'need it to wait').to.be.above(0);
    write('large  2', TOO_MUCH_BYTES);
    ping('ping  1');
    client.resume();
    while (received.length < 2) await once(client, 'message');
    expect(tcpOf(here).writableLength, 'need the others to wait').to.be.above(0);
    write('small  2', 8);
    ping('ping  2');
    while (received.length < 4) await once(client, 'message');
    write('small  3', 8);
    ping('ping  3');
    write('large  3', TOO_MUCH_BYTES);
    here.close(4000, 'over');
    const [code, reason] = await once(client, 'close');
    expect(order).to.deep.equal(sent);
    expect([code, String(reason)]).to.deep.equal([4000, 'over']);
  });

  it('counts towards the limit of unread bytes', async () => {
    const { client, here } = await pair();
    client.pause();
    let cut = 0;
    const tooSlow = () => {
      cut += 1;
      here.terminate();
    };
    const writer = new FrameWriter(here, new TickBuffer(), { mostUnreadBytes: TOO_MUCH_BYTES / 2, tooSlow });
    writer.write(textFrame('x'.repeat(TOO_MUCH_BYTES)));
    writer.flush();
    expect(here.bufferedAmount, 'need it to wait').to.be.above(TOO_MUCH_BYTES / 2);
    expect(cut).to.equal(0);
    writer.write(textFrame('one more'));
    await nextTurn();
    expect(cut).to.equal(1);
  });

  for (const [when, meanwhile] of [
    ['before the server knows', blockProcess],
    ['while it waits to be taken', () => undefined],
  ] as const) {
    it(`to a connection that the client has reset ${when} closes it, and affects no other`, async () => {
      const [reset, other] = [await pair(), await pair()];
      reset.here.on('error', () => undefined);
      const closed = once(reset.here, 'close');
      const buffer = new TickBuffer();
      const [writer, another] = [
        new FrameWriter(reset.here, buffer, never),
        new FrameWriter(other.here, buffer, never),
      ];
      if (when.startsWith('while')) writer.write(textFrame('x'.repeat(TOO_MUCH_BYTES)));
      reset.client.on('error', () => undefined);
      stopReading(reset.here); // so that only the write can detect it
      tcpOf(reset.client).resetAndDestroy();
      meanwhile();
      for (const each of [writer, another]) each.write(textFrame('to both'));
      buffer.flush();
      expect((await closed)[0]).to.equal(1006);
      while (other.received.length < 1) await once(other.client, 'message');
      expect(other.received).to.deep.equal(['to both']);
      expect(tcpOf(reset.here).destroyed).to.equal(true);
      writer.write(textFrame('too late'));
      buffer.flush();
    });
  }

  it('to a connection that was closed meanwhile does nothing', async () => {
    const { client, received, here } = await pair();
    const writer = new FrameWriter(here, new TickBuffer(), never);
    writer.write(textFrame('too late'));
    here.close();
    await once(client, 'close');
    expect(received).to.deep.equal([]);
  });
});
