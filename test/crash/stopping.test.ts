import { once } from 'node:events';
import { expect } from 'chai';
import { sql } from 'kysely';
import { io } from 'socket.io-client';
import { readConfig } from '../../src/config/config.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { type ClusterNode, type Node, startNode, startNodeHere } from '../cluster/node.ts';
import { frameOf, unresponsiveWebSocket } from '../cluster/unresponsive-websocket.ts';
import { migratedEnvironment } from '../support/app.ts';
import type { Answer, Client } from '../support/clients.ts';
import { People, type Person } from '../support/people.ts';
import { freePort } from '../support/processes.ts';

describe('A server that is stopped and started again', () => {
  let node: Node;
  let next: ClusterNode | undefined;
  let people: People;
  let remove: () => Promise<void>;
  let alice: Person;
  let conversation_id: number;
  let raw: Client;
  let stoppedAt: number;
  let answers: Answer[];
  const socket = { lost: Promise.withResolvers<string>(), back: Promise.withResolvers<void>(), close: () => {} };
  /** A WebSocket of Socket.IO: what it received after the signal, and when it ended. */
  const bare = { received: '', ended: Promise.withResolvers<number>() };
  const pragmas: Record<string, unknown> = {};

  before(async () => {
    const fresh = await migratedEnvironment('sqlite');
    remove = fresh.remove;
    const env = { ...fresh.env, HTTP_ADDR: `127.0.0.1:${await freePort()}` };
    node = await startNode(env);
    people = new People(node.url, fresh.smtp);
    alice = await people.signUp('alice');
    const bob = await people.signUp('bob');
    ({ conversation_id } = await alice.rest.ask('open_private_conversation', { other_user_id: bob.id }));
    await connectSocketIo();
    await connectBare();
    raw = await alice.raw();
    const sends = Array.from({ length: 50 }, (_, index) =>
      raw.ask('message', { conversation_id, content: `${index}` }),
    );
    await sends[0]; // once the first answer has arrived, the others are in flight
    bare.received = '';
    stoppedAt = Date.now();
    await node.kill('SIGTERM');
    await raw.closed;
    // frames that the server had not begun to read when it closed are neither answered nor executed
    answers = (await Promise.all(sends.map((send) => Promise.race([send, undefined])))).filter(
      (answer) => answer !== undefined,
    );
    await readPragmas(env);
    next = await startNodeHere(env);
  });
  after(async () => {
    socket.close();
    people?.closeClients();
    await node?.stop();
    await next?.stop();
    await remove?.();
  });

  async function connectSocketIo(): Promise<void> {
    const { token } = await people.signUp('carol');
    const client = io(`${node.url}/chat`, { auth: { token }, transports: ['websocket'], forceNew: true });
    socket.close = () => client.disconnect();
    await once(client as never, 'connect');
    client.once('disconnect', socket.lost.resolve);
    client.once('connect', socket.back.resolve);
  }
  async function connectBare(): Promise<void> {
    const { token } = await people.signUp('listener');
    const client = await unresponsiveWebSocket(node.url, '/socket.io/?EIO=4&transport=websocket');
    client.write(frameOf(`40/chat,${JSON.stringify({ token })}`));
    client.on('data', (data) => (bare.received += data.toString('latin1')));
    client.once('end', () => bare.ended.resolve(Date.now()));
    while (!bare.received.includes('40/chat,')) await once(client, 'data');
  }
  async function readPragmas(env: Record<string, string>): Promise<void> {
    const database = await openDatabase(readConfig(env).database);
    for (const name of ['synchronous', 'journal_mode', 'foreign_keys']) {
      const { rows } = await sql.raw<Record<string, unknown>>(`pragma ${name}`).execute(database.sql);
      pragmas[name] = rows[0]?.[name];
    }
    await database.close();
  }

  it('closes plain WebSockets with 1012, answers calls in flight, and exits with 0', async () => {
    expect(await raw.closed).to.equal(1012);
    expect(await node.ended).to.equal(0);
    const { messages } = await alice.rest.ask('list_messages', { conversation_id, limit: 200 });
    const acked = answers.filter(({ ok }) => ok).map(({ message_id }) => message_id);
    const refused = answers.filter(({ ok }) => !ok).map(({ error }) => error.code);
    expect(messages.map(({ id }: { id: number }) => id)).to.have.members(acked);
    expect(refused.filter((code) => code !== 'shutting_down')).to.deep.equal([]);
  });

  it('lets Socket.IO clients reconnect by themselves', async () => {
    expect(await socket.lost.promise, 'a reason for which the client tries again').to.equal('transport close');
    await socket.back.promise;
  });

  it('ends a Socket.IO connection by WebSocket as in a network failure, within a second, without a packet or close frame', async () => {
    expect((await bare.ended.promise) - stoppedAt).to.be.below(1_000);
    expect(bare.received).to.equal('');
  });

  it('leaves a SQLite file whose commits are all written through to the disk', () => {
    expect(pragmas, 'FULL is 2').to.deep.equal({ synchronous: 2, journal_mode: 'wal', foreign_keys: 1 });
  });
});
