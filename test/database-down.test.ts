import { expect } from 'chai';
import { Manager } from 'socket.io-client';
import { type Node, startNode } from './cluster/node.ts';
import { freshEnvironment } from './support/app.ts';
import type { Answer, Client } from './support/clients.ts';
import { People, type Person } from './support/people.ts';
import { type PostgreSql, startPostgresql } from './support/postgresql.ts';
import { freePort } from './support/processes.ts';
import { requirePostgresql } from './support/services.ts';

const TRANSPORTS = ['rest', 'socketio', 'raw'] as const;
const AT_ONCE = 20;
const BACK_WITHIN_MS = 15_000;

type Sent = { content: string; answer: Answer };

describe('When PostgreSQL stops while a server is running', function () {
  this.timeout(120_000);
  let postgresql: PostgreSql;
  let database: string;
  let node: Node;
  let people: People;
  let alice: Person;
  let bob: Person;
  let clients: Client[];
  let conversation_id: number;
  let remove: () => Promise<void>;

  before(async function () {
    postgresql = (await startPostgresql()) ?? (await requirePostgresql(this)); // skips or fails if it is not installed
    database = await postgresql.createMigratedDatabase();
    const fresh = await freshEnvironment('sqlite', { DATABASE_URL: database });
    remove = fresh.remove;
    node = await startNode({ ...fresh.env, HTTP_ADDR: `127.0.0.1:${await freePort()}` });
    people = new People(node.url, fresh.smtp);
    [alice, bob] = [await people.signUp('alice'), await people.signUp('bob')];
  });
  after(async () => {
    people?.closeClients();
    await node?.kill('SIGKILL');
    await remove?.();
    await postgresql?.stop();
  });

  beforeEach(async () => {
    const create = () => alice.rest.ask('create_group', { name: 'Study Group', member_ids: [bob.id] });
    ({ conversation_id } = await untilAccepted(create));
    clients = await Promise.all(TRANSPORTS.map((transport) => alice.client(transport)));
  });
  afterEach(() => people.closeClients());

  /** Sends a message with its content as client_message_id, so that it can be repeated. */
  async function send(client: Client, content: string): Promise<Sent> {
    return { content, answer: await client.ask('message', { conversation_id, content, client_message_id: content }) };
  }

  /** The contents of the stored messages, in order. */
  async function stored(): Promise<string[]> {
    const sql = `select content from messages where conversation_id = ${conversation_id} order by seq`;
    return (await postgresql.query(database, sql)).split('\n').filter((line) => line !== '');
  }

  /** Repeats a call until it is accepted: the pool detects on its next use that the database is back. */
  async function untilAccepted(call: () => Promise<Answer>): Promise<Answer> {
    const until = Date.now() + BACK_WITHIN_MS;
    for (;;) {
      const answer = await call();
      if (answer.ok || Date.now() > until) return answer;
      expect(answer.error.code).to.equal('database_unavailable');
    }
  }

  const sendUntilAccepted = (client: Client, content: string) =>
    untilAccepted(async () => (await send(client, content)).answer);

  it('sends are refused as database_unavailable over every transport, and accepted again on the same sockets', async () => {
    for (const client of clients) expect((await send(client, `${client.transport} before`)).answer.ok).to.equal(true);
    await postgresql.kill('SIGQUIT');
    try {
      for (const client of clients) {
        const refused = await Promise.all(
          Array.from({ length: AT_ONCE }, (_, index) => send(client, `${client.transport} ${index}`)),
        );
        for (const { answer } of refused) {
          expect(answer.ok).to.equal(false);
          expect(answer.error.code).to.equal('database_unavailable');
          if (client.transport === 'rest') expect(answer.status).to.equal(503);
          else expect(answer.error.retry_after).to.be.above(0);
        }
      }
      expect(node.running, 'the server goes on').to.equal(true);
    } finally {
      await postgresql.restart();
    }
    const { pid } = node;
    for (const client of clients) {
      expect(await sendUntilAccepted(client, `${client.transport} after`)).to.include({ ok: true });
    }
    expect(node.pid).to.equal(pid);
    const expected = [...TRANSPORTS.map((each) => `${each} before`), ...TRANSPORTS.map((each) => `${each} after`)];
    expect(await stored(), 'what was refused has not happened').to.deep.equal(expected);
  });

  it('during sends, each acknowledged message is stored, and each repeated one is stored once', async () => {
    const sent: Sent[] = [];
    let restarted = false;
    const talking = clients.map(async (client) => {
      for (let index = 0; !restarted || index < AT_ONCE; index += 1) {
        const some = [1, 2, 3].map((each) => send(client, `${client.transport} ${index}.${each}`));
        sent.push(...(await Promise.all(some)));
      }
    });
    const begun = Promise.all(clients.map((client) => send(client, `${client.transport} first`)));
    expect((await begun).every(({ answer }) => answer.ok)).to.equal(true);
    await postgresql.restart();
    await Promise.all(clients.map((client) => sendUntilAccepted(client, `${client.transport} again`)));
    restarted = true;
    await Promise.all(talking);

    const refused = sent.filter(({ answer }) => !answer.ok);
    expect(refused, 'some were caught by it').to.not.deep.equal([]);
    for (const { answer } of refused) expect(answer.error.code).to.equal('database_unavailable');
    const [, , raw] = clients as [Client, Client, Client];
    const repeated = await Promise.all(refused.map(({ content }) => send(raw, content)));
    for (const { answer } of repeated) expect(answer).to.include({ ok: true });
    const firsts = TRANSPORTS.flatMap((transport) => [`${transport} first`, `${transport} again`]);
    expect(await stored()).to.have.members([...sent.map(({ content }) => content), ...firsts]);
    expect(node.running).to.equal(true);
    const seqs = `select count(*) = max(seq) and min(seq) = 1 from messages where conversation_id = ${conversation_id}`;
    expect(await postgresql.query(database, seqs), 'the numbers are dense').to.equal('t');
  });

  for (const transport of ['websocket', 'polling']) {
    it(`a Socket.IO client that connects meanwhile over ${transport} is admitted by itself when it is back`, async () => {
      const { token } = await people.logIn(alice); // a session that the server has to query
      const options = { transports: [transport], reconnectionDelay: 50, reconnectionDelayMax: 100 };
      const manager = new Manager(node.url, { ...options, autoConnect: false });
      const socket = manager.socket('/chat', { auth: { token } });
      try {
        const refused = new Promise((_, reject) => socket.once('connect_error', reject));
        const disconnected = new Promise((resolve) => manager.once('close', resolve));
        await postgresql.kill('SIGQUIT');
        socket.connect();
        await Promise.race([disconnected, refused]).finally(() => postgresql.restart());
        if (!socket.connected)
          await Promise.race([new Promise((resolve) => socket.once('connect', resolve as () => void)), refused]);
        expect(await socket.timeout(5_000).emitWithAck('me')).to.include({ ok: true, id: alice.id });
      } finally {
        socket.disconnect();
      }
    });
  }

  it('sockets can be opened as soon as it is back, and logins work as before', async () => {
    await postgresql.restart();
    const bob = await people.logIn(alice);
    const receiver = await bob.raw();
    const [client] = clients as [Client];
    await sendUntilAccepted(client, 'received');
    expect(await receiver.inbox.next('message')).to.include({ content: 'received', seq: 1 });
  });
});
