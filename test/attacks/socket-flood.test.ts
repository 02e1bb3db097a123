import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { type Node, startNode } from '../cluster/node.ts';
import { frameOf, unresponsiveWebSocket } from '../cluster/unresponsive-websocket.ts';
import { freshEnvironment } from '../support/app.ts';
import { People, type Person } from '../support/people.ts';
import { freePort } from '../support/processes.ts';
import { limitMs } from '../support/soak.ts';

const FRAMES = 200_000;
const AT_ONCE = 1_000;
const FEW_AT_ONCE = 50;
/** Twice what is read before a pause takes effect: a small part of what is sent. */
const MOST_ANSWERED = 20_000;
const SLOWEST_OTHER_MS = limitMs(750);
const ENGINE = '/socket.io/?EIO=4&transport=websocket';

describe('A client that keeps sending while it is rate limited', function () {
  this.timeout(120_000);
  let node: Node;
  let people: People;
  let remove: () => Promise<void>;
  before(async () => {
    const fresh = await freshEnvironment('sqlite', { RATE_LIMITS: 'on' });
    remove = fresh.remove;
    node = await startNode({ ...fresh.env, HTTP_ADDR: `127.0.0.1:${await freePort()}` });
    people = new People(node.url, fresh.smtp);
  });
  after(async () => {
    people?.closeClients();
    await node?.kill('SIGKILL');
    await remove?.();
  });

  /** Another user sends calls during an attack. @returns the slowest answer, in milliseconds */
  async function slowestMeanwhile(attack: Promise<unknown>): Promise<number> {
    const other = await (await people.signUp('other')).raw();
    let [isOver, slowest] = [false, 0];
    const ended = attack.finally(() => (isOver = true));
    do {
      const asked = performance.now();
      expect(await other.ask('me')).to.include({ ok: true });
      slowest = Math.max(slowest, performance.now() - asked);
      await delay(30);
    } while (!isOver);
    await ended;
    return slowest;
  }

  /** Writes as much as the server reads, until the server closes the connection. @returns all received data */
  async function flood(socket: Socket, frames: Buffer): Promise<Buffer> {
    const received: Buffer[] = [];
    socket.on('data', (data) => received.push(data));
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    let isOpen = true;
    void closed.then(() => (isOpen = false));
    for (let sent = 0; isOpen && sent < FRAMES; sent += AT_ONCE)
      if (!socket.write(frames)) await Promise.race([once(socket, 'drain'), closed]).catch(() => undefined);
    expect(await Promise.race([closed.then(() => 'closed'), delay(12_000, 'open')])).to.equal('closed');
    return Buffer.concat(received);
  }

  const repeated = (...texts: string[]) =>
    Buffer.concat(Array.from({ length: AT_ONCE }, (_, index) => frameOf(texts[index % texts.length] ?? '')));
  const count = (received: Buffer, text: string) => received.toString('latin1').split(text).length - 1;

  async function expectStopped(open: (person: Person) => Promise<Socket>, frames: Buffer): Promise<Buffer> {
    const socket = await open(await people.signUp('flooder'));
    const attack = flood(socket, frames);
    const slowest = await slowestMeanwhile(attack);
    const received = await attack;
    expect(count(received, 'rate_limited'), 'refused').to.be.within(100, MOST_ANSWERED);
    expect(slowest, 'ms for the slowest answer to another user').to.be.below(SLOWEST_OTHER_MS);
    return received;
  }

  const raw = ({ token }: Person) => unresponsiveWebSocket(node.url, `/api/ws?token=${token}`);
  for (const [what, texts] of [
    ['operations', ['{"type":"me","ref":1}']],
    ['unknown operations', ['{"type":"nonsense","ref":1}']],
    ['invalid frames, and some valid ones', [...Array(9).fill('[not a frame'), '{"type":"nonsense"}']],
    ['frames with a bad ref', ['{"type":"me","ref":{}}']],
  ] as [string, string[]][]) {
    it(`is not read from for a while, then closed with 1008, on a plain WebSocket: ${what}`, async () => {
      const received = await expectStopped(raw, repeated(...texts));
      expect(received.includes(Buffer.from([0x88, 2, 0x03, 0xf0])), 'a close frame with 1008').to.equal(true);
    });
  }

  it('is not read from for a while, then closed, over Socket.IO by WebSocket', async () => {
    const open = async ({ token }: Person) => {
      const socket = await unresponsiveWebSocket(node.url, ENGINE);
      socket.write(frameOf(`40/chat,${JSON.stringify({ token })}`));
      for (let text = ''; !text.includes('40/chat,'); ) text += String((await once(socket, 'data'))[0]);
      return socket;
    };
    const received = await expectStopped(open, repeated('42/chat,1["me"]', '42/chat,2["nonsense"]'));
    expect(received.includes('42/chat,["error",{"code":"rate_limited"'), 'receives the reason').to.equal(true);
  });

  it('is closed over Socket.IO by long polling', async () => {
    const { token } = await people.signUp('flooder');
    const url = `${node.url}/socket.io/?EIO=4&transport=polling`;
    const { sid } = JSON.parse((await (await fetch(url)).text()).slice(1));
    const post = async (body: string) => (await fetch(`${url}&sid=${sid}`, { method: 'POST', body })).status;
    const poll = async () => (await fetch(`${url}&sid=${sid}`)).text();
    expect(await post(`40/chat,${JSON.stringify({ token })}`)).to.equal(200);
    expect(await poll()).to.include('40/chat,');
    let isOver = false;
    const polling = (async () => {
      while (!isOver) await poll();
    })();
    const packets = Array.from({ length: FEW_AT_ONCE }, () => '42/chat,1["me"]').join('\x1e'); // so that polls suffice
    const attack = (async () => {
      for (let sent = 0; sent < FRAMES; sent += AT_ONCE) if ((await post(packets)) !== 200) return 'disconnected';
      return 'still connected';
    })();
    const slowest = await slowestMeanwhile(attack);
    isOver = true;
    expect(await attack).to.equal('disconnected');
    expect(slowest).to.be.below(SLOWEST_OTHER_MS);
    await polling;
  });

  it('and one that is only sometimes refused, or waits as requested, stays connected', async () => {
    const client = await (await people.signUp('hasty')).raw();
    for (let round = 0; round < 2; round += 1) {
      const answers = await Promise.all(Array.from({ length: 140 }, () => client.ask('me')));
      const retry = answers.find(({ ok }) => !ok)?.error.retry_after ?? 0;
      expect(retry, 'some calls were refused').to.be.above(0);
      await delay(retry * 1_000);
    }
    expect(await client.ask('me')).to.include({ ok: true });
  });
});
