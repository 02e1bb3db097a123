import { expect } from 'chai';
import { type ClusterNode, type Node, startNode, startNodeHere } from '../cluster/node.ts';
import { migratedEnvironment, onEachDatabase } from '../support/app.ts';
import { People, type Person } from '../support/people.ts';
import { freePort } from '../support/processes.ts';
import { IS_SOAK } from '../support/soak.ts';
import { PersistentSender } from './persistent-sender.ts';

const MESSAGES = IS_SOAK ? 1_000 : 300;
const TRANSPORTS = ['rest', 'socketio', 'raw', 'rest', 'socketio', 'raw'] as const;

type Row = { client_message_id: string; id: number; seq: number; content: string };

onEachDatabase('A server that dies in the middle of many sends', (kind) => {
  let env: Record<string, string>;
  let node: Node;
  let next: ClusterNode | undefined;
  let people: People;
  let remove: () => Promise<void>;

  beforeEach(async function () {
    this.timeout(120_000);
    const fresh = await migratedEnvironment(kind);
    remove = fresh.remove;
    env = { ...fresh.env, HTTP_ADDR: `127.0.0.1:${await freePort()}` };
    node = await startNode(env);
    people = new People(node.url, fresh.smtp);
  });
  afterEach(async () => {
    people?.closeClients();
    await node?.stop();
    await next?.stop();
    next = undefined;
    await remove?.();
  });

  // after SIGTERM, `in-flight` tests the same
  for (const signal of IS_SOAK ? (['SIGKILL', 'SIGTERM'] as const) : (['SIGKILL'] as const)) {
    it(`by ${signal} has every acknowledged message once after a restart`, async function () {
      this.timeout(120_000);
      const [alice, bob] = [await people.signUp('alice'), await people.signUp('bob')];
      const { conversation_id } = await alice.rest.ask('open_private_conversation', { other_user_id: bob.id });
      const senders = TRANSPORTS.map(
        (transport, index) => new PersistentSender(index % 2 === 0 ? alice : bob, transport),
      );
      const sending = Promise.all(senders.map((sender, index) => sender.sendAll(conversation_id, idsOf(index))));
      const acked = () => senders.reduce((sum, { acks }) => sum + acks.size, 0);
      await until(() => acked() > MESSAGES / 3);
      await node.kill(signal);
      const ackedBefore = new Map(senders.flatMap(({ acks }) => [...acks]));
      if (signal === 'SIGTERM') expect(await node.ended).to.equal(0);
      next = await startNodeHere(env);
      await sending;

      expect(ackedBefore.size, 'it died in the middle').to.be.within(MESSAGES / 3, MESSAGES - 1);
      expect(
        senders.reduce((sum, { repeated }) => sum + repeated, 0),
        'something had to be repeated',
      ).to.be.above(0);
      const stored = await history(alice, conversation_id);
      expect(
        stored.map(({ seq }) => seq).sort((a, b) => a - b),
        'dense and once',
      ).to.deep.equal(upTo(MESSAGES));
      expect(new Set(stored.map((row) => row.client_message_id)).size).to.equal(MESSAGES);
      const rows = new Map(stored.map((row) => [row.client_message_id, row]));
      for (const { acks } of senders) {
        for (const [clientId, { messageId, seq }] of acks) {
          expect(rows.get(clientId), clientId).to.include({ id: messageId, seq, content: `content of ${clientId}` });
        }
      }
    });
  }
});

function idsOf(sender: number): string[] {
  return upTo(MESSAGES)
    .filter((each) => each % TRANSPORTS.length === sender)
    .map((each) => `send-${each}`);
}

const upTo = (most: number) => Array.from({ length: most }, (_, index) => index + 1);

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** All of a conversation's messages, over several pages. */
async function history(person: Person, conversationId: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (;;) {
    const before = rows.at(-1)?.id;
    const page = { conversation_id: conversationId, limit: 200, ...(before !== undefined && { before }) };
    const { messages } = await person.rest.ask('list_messages', page);
    if (messages.length === 0) return rows;
    rows.push(...messages);
  }
}
