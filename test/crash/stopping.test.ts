import { once } from 'node:events';
import { expect } from 'chai';
import { sql } from 'kysely';
import { io } from 'socket.io-client';
import { readConfig } from '../../src/config/config.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { type Node, startNode } from '../cluster/node.ts';
import { migratedEnvironment } from '../support/app.ts';
import { People } from '../support/people.ts';
import { freePort } from '../support/processes.ts';

describe('A server that is stopped', () => {
  let node: Node;
  let people: People;
  let env: Record<string, string>;
  let remove: () => Promise<void>;

  beforeEach(async () => {
    const fresh = await migratedEnvironment('sqlite');
    remove = fresh.remove;
    env = { ...fresh.env, HTTP_ADDR: `127.0.0.1:${await freePort()}` };
    node = await startNode(env);
    people = new People(node.url, fresh.smtp);
  });
  afterEach(async () => {
    people.closeClients();
    await node.kill('SIGKILL');
    await remove();
  });

  it('closes plain WebSockets with 1012, answers calls in flight, and exits with 0', async () => {
    const [alice, bob] = [await people.signUp('alice'), await people.signUp('bob')];
    const { conversation_id } = await alice.rest.ask('open_private_conversation', { other_user_id: bob.id });
    const raw = await alice.raw();
    const sends = Array.from({ length: 50 }, (_, index) =>
      raw.ask('message', { conversation_id, content: `${index}` }),
    );
    await sends[0]; // once the first answer has arrived, the others are in flight
    const stopped = node.kill('SIGTERM');
    expect(await raw.closed).to.equal(1012);
    // frames that the server had not begun to read when it closed are neither answered nor executed
    const answers = (await Promise.all(sends.map((send) => Promise.race([send, undefined])))).filter(
      (answer) => answer !== undefined,
    );
    await stopped;
    expect(await node.ended).to.equal(0);

    await node.restart();
    const { messages } = await alice.rest.ask('list_messages', { conversation_id, limit: 200 });
    const acked = answers.filter(({ ok }) => ok).map(({ message_id }) => message_id);
    const refused = answers.filter(({ ok }) => !ok).map(({ error }) => error.code);
    expect(messages.map(({ id }: { id: number }) => id)).to.have.members(acked);
    expect(refused.filter((code) => code !== 'shutting_down')).to.deep.equal([]);
  });

  it('lets Socket.IO clients reconnect by themselves', async () => {
    const alice = await people.signUp('alice');
    const socket = io(`${node.url}/chat`, { auth: { token: alice.token }, transports: ['websocket'], forceNew: true });
    await once(socket as never, 'connect');
    const reason = new Promise((resolve) => socket.once('disconnect', resolve));
    const stopped = node.kill('SIGTERM');
    expect(await reason, 'a reason for which the client tries again').to.equal('transport close');
    await stopped;
    const back = once(socket as never, 'connect');
    await node.restart();
    await back;
    socket.disconnect();
  });

  it('leaves a SQLite file whose commits are all written through to the disk', async () => {
    await people.signUp('alice');
    await node.kill('SIGTERM');
    const database = await openDatabase(readConfig(env).database);
    try {
      const pragma = async (name: string) => {
        const { rows } = await sql.raw<Record<string, unknown>>(`pragma ${name}`).execute(database.sql);
        return rows[0]?.[name];
      };
      expect(await pragma('synchronous'), 'FULL').to.equal(2);
      expect(await pragma('journal_mode')).to.equal('wal');
      expect(await pragma('foreign_keys')).to.equal(1);
    } finally {
      await database.close();
    }
  });
});
