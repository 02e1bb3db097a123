import { expect } from 'chai';
import { onEachDatabase, startApp, type TestApp } from '../support/app.ts';
import type { Answer, Client } from '../support/clients.ts';
import { connectWebSocket, type OrderedConnection } from '../support/ordered-connection.ts';
import type { Person } from '../support/people.ts';
import { IS_SOAK } from '../support/soak.ts';

const ROUNDS = IS_SOAK ? 40 : 10;
const LOOKS = [1, 2, 3];

type Row = { id: number; status: string };
type Change = { read: [number, number][]; others_read: [number, number][]; messages: Row[] };

onEachDatabase('A client that reads during a change', (kind) => {
  let app: TestApp;
  let ann: Person;
  let ben: Person;
  let cid: Person;
  let conversation_id: number;
  before(async () => {
    app = await startApp(kind);
  });
  after(() => app.stop());
  beforeEach(async () => {
    [ann, ben, cid] = await app.people('ann', 'ben', 'cid');
    ({ conversation_id } = await ann.rest.ask('create_group', { name: 'concurrent', member_ids: [ben.id, cid.id] }));
  });

  const send = (client: Client, content = 'Hello!') => client.ask('message', { conversation_id, content });
  const read = (client: Client, message: Answer) =>
    client.ask('read_receipt', { message_ids: [message.message_id as number] });

  it('gets a read message as read, also while the messages around it are being read', async function () {
    this.timeout(120_000);
    const [speaker, asker, reader, other, listener] = await Promise.all(
      [ann, ann, ben, cid, ben].map((person) => person.raw()),
    );
    if (!speaker || !asker || !reader || !other || !listener) throw new Error('need five sockets');
    for (let round = 0; round < ROUNDS; round += 1) {
      const [first, second, third] = (await Promise.all(LOOKS.map(() => send(speaker)))) as [Answer, Answer, Answer];
      for (const client of [reader, other]) await read(client, third);
      const since = first.seq - 1;
      const reads = [read(reader, first), read(other, second), read(reader, second), read(other, first)];
      const looks = LOOKS.flatMap(() => [
        expectRead(asker, 'others_read', third, since),
        expectRead(listener, 'read', third, since),
      ]);
      await Promise.all([...reads, ...looks]);
    }
  });

  /** Checks the status in both lists, and the ranges that the user or all others have read. */
  async function expectRead(client: Client, by: 'read' | 'others_read', { message_id, seq }: Answer, since: number) {
    const { messages } = await client.ask('list_messages', { conversation_id, limit: 3 });
    const synced = await client.ask('sync', { conversations: { [conversation_id]: since } });
    const change = synced.conversations[conversation_id] as Change;
    for (const rows of [messages as Row[], change.messages])
      expect(rows.find(({ id }) => id === message_id)?.status).to.equal('read');
    const isRead = change[by].some(([from, to]) => from <= seq && seq <= to);
    expect(isRead, `${seq} in ${JSON.stringify(change[by])}`).to.equal(true);
  }

  it('gets nothing of a conversation after a removal from it, whatever is in progress', async function () {
    this.timeout(120_000);
    const admin = await ann.raw();
    const stale: Answer[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      await send(admin); // so that there is something to read
      let removed = false;
      const line = await connectWebSocket(app.url, ben.token, ({ content }) => {
        if (content === 'removed_from_conversation') removed = true;
      });
      const looks = LOOKS.flatMap(() => [
        ask(line, 'sync', { conversations: { [conversation_id]: 0 } }, (answer) => {
          if (removed && conversation_id in answer.conversations) stale.push(answer);
        }),
        ask(line, 'list_participants', { conversation_id }, (answer) => {
          if (!answer.ok) return expect(answer.error.code).to.equal('not_participant');
          if (!(answer.participants as { id: number }[]).some(({ id }) => id === ben.id)) stale.push(answer);
        }),
      ]);
      const removal = await admin.ask('remove_participant', { conversation_id, user_id: ben.id });
      expect(removal).to.include({ ok: true });
      await Promise.all(looks);
      line.close();
      await admin.ask('add_participant', { conversation_id, user_id: ben.id });
    }
    expect(stale).to.deep.equal([]);
  });

  const ask = (line: OrderedConnection, name: string, input: object, look: (answer: Answer) => void) =>
    new Promise<void>((resolve, reject) => {
      line.ask(name, input, (answer) => {
        try {
          look(answer);
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
});
