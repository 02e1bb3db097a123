import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { type Node, startNode } from '../cluster/node.ts';
import { freshEnvironment } from '../support/app.ts';
import { People, type Person } from '../support/people.ts';
import { freePort } from '../support/processes.ts';
import { limitMs } from '../support/soak.ts';
import { connectTo, requestText, until, upgradeHeaders } from './tcp.ts';

const ROUNDS = 8;
const AT_ONCE = 40;
const SERVED_WITHIN_MS = limitMs(2_000);
/** The start of a frame of 5 masked bytes, and a complete one. */
const HALF_A_FRAME = Buffer.from([0x81, 0x85, 1, 2]);
const A_FRAME = Buffer.from([0x81, 0x85, 0, 0, 0, 0, 0x68, 0x65, 0x6c, 0x6c, 0x6f]);

/** The phases in which a client resets its connection. */
const PHASES: Record<string, (socket: Socket, request: string) => Promise<unknown> | undefined> = {
  connected: async () => undefined,
  'in the request line': async (socket, request) => socket.write(request.slice(0, 9)),
  'in the headers': async (socket, request) => socket.write(request.slice(0, request.indexOf('\r\n\r\n'))),
  requested: async (socket, request) => socket.write(request),
  'requested, a moment ago': async (socket, request) => {
    socket.write(request);
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
  },
  answered: async (socket, request) => {
    socket.write(request);
    await answered(socket);
  },
  'in a frame': async (socket, request) => {
    socket.write(request);
    await answered(socket);
    socket.write(HALF_A_FRAME);
  },
  'after a frame': async (socket, request) => {
    socket.write(request);
    await answered(socket);
    socket.write(A_FRAME);
    await nextTurn();
  },
};

/** A long poll has no answer; any other end of the wait is accepted here. */
const answered = (socket: Socket) =>
  new Promise((resolve) => {
    setTimeout(resolve, 200);
    socket.once('readable', resolve).once('close', resolve);
  });

describe('A thousand connections that are reset', () => {
  let node: Node;
  let people: People;
  let alice: Person;
  let remove: () => Promise<void>;
  before(async () => {
    const fresh = await freshEnvironment('sqlite');
    remove = fresh.remove;
    node = await startNode({ ...fresh.env, HTTP_ADDR: `127.0.0.1:${await freePort()}` });
    people = new People(node.url, fresh.smtp);
    alice = await people.signUp('alice');
  });
  after(async () => {
    people.closeClients();
    await node.kill('SIGKILL');
    await remove();
  });

  async function session(): Promise<string> {
    const text = await (await fetch(`${node.url}/socket.io/?EIO=4&transport=polling`)).text();
    return JSON.parse(text.slice(1)).sid;
  }

  async function requests(): Promise<string[]> {
    const sid = await session();
    const upgrades = [
      '/socket.io',
      '/socket.io?EIO=4&transport=websocket',
      '/socket.io/',
      '/socket.io/?EIO=3&transport=websocket',
      '/socket.io/?EIO=4&transport=polling',
      '/socket.io/?EIO=4&transport=websocket',
      '/socket.io/?EIO=4&transport=websocket&sid=unknown',
      `/socket.io/?EIO=4&transport=websocket&sid=${sid}`,
      '/api/ws?token=bad',
      `/api/ws?token=${alice.token}`,
      `/api/ws/?token=${alice.token}`,
      '/nothing',
    ].map((path) => requestText(`GET ${path}`, upgradeHeaders()));
    const plain = { 'content-type': 'application/json', 'content-length': '40' };
    return [
      ...upgrades,
      requestText('GET /socket.io/?EIO=4&transport=polling', {}),
      requestText(`GET /socket.io/?EIO=4&transport=polling&sid=${await session()}`, {}),
      requestText(`POST /socket.io/?EIO=4&transport=polling&sid=${await session()}`, plain, '40/chat,'),
      requestText('POST /api/login', plain, '{"username":'),
      requestText('GET /api/me', { authorization: `Bearer ${alice.token}` }),
      requestText('GET /api/me', { connection: 'Upgrade', upgrade: 'h2c' }),
    ];
  }

  async function attack(request: string, phase: string): Promise<void> {
    const socket = await connectTo(node.url);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await PHASES[phase]?.(socket, request);
    socket.resetAndDestroy();
    await closed;
  }

  it('in every phase of every kind of request end no process, and leave nothing behind', async () => {
    await alice.rest.ask('me');
    const before = node.descriptors();
    const attacks: (() => Promise<void>)[] = [];
    for (let round = 0; round < ROUNDS; round += 1)
      for (const request of await requests())
        for (const phase of Object.keys(PHASES)) attacks.push(() => attack(request, phase));
    expect(attacks).to.have.length.above(1_000);
    await Promise.all(Array.from({ length: AT_ONCE }, () => worker(attacks)));

    expect(node.running, node.output()).to.equal(true);
    expect(node.output()).not.to.include('unhandled');
    const began = performance.now();
    expect(await alice.rest.ask('me')).to.include({ ok: true, id: alice.id });
    const raw = await alice.raw();
    expect(await raw.ask('me')).to.include({ ok: true });
    raw.close();
    expect(performance.now() - began).to.be.below(SERVED_WITHIN_MS);
    await until(() => node.descriptors() <= before + 2, SERVED_WITHIN_MS, 'the descriptors are free again');
  }).timeout(120_000);
});

async function worker(attacks: (() => Promise<void>)[]): Promise<void> {
  for (let next = attacks.pop(); next !== undefined; next = attacks.pop()) await next();
}
