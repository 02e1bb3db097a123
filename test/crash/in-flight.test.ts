import { expect } from 'chai';
import { type Node, startNode } from '../cluster/node.ts';
import { migratedEnvironment, onEachDatabase } from '../support/app.ts';
import type { Client } from '../support/clients.ts';
import { People } from '../support/people.ts';
import { freePort } from '../support/processes.ts';
import { IS_SOAK } from '../support/soak.ts';

const SEQUENCES = 12;
const SOME = 60;
const STOP_WITHIN_MS = 10_000;

onEachDatabase('A server that is stopped while it receives messages', (kind) => {
  let node: Node;
  let people: People;
  let remove: () => Promise<void>;
  before(async () => {
    const fresh = await migratedEnvironment(kind);
    remove = fresh.remove;
    node = await startNode({ ...fresh.env, HTTP_ADDR: `127.0.0.1:${await freePort()}` });
    people = new People(node.url, fresh.smtp);
  });
  afterEach(() => people.closeClients());
  after(async () => {
    await node.kill('SIGKILL');
    await remove();
  });

  // neither depends on the other
  const transports = kind === 'sqlite' || IS_SOAK ? (['rest', 'socketio', 'raw'] as const) : (['raw'] as const);
  for (const transport of transports) {
    it(`over ${transport} has acknowledged exactly what it stores, and exits with 0`, async function () {
      this.timeout(120_000);
      const [alice, bob] = [await people.signUp('alice'), await people.signUp('bob')];
      const { conversation_id } = await alice.rest.ask('open_private_conversation', { other_user_id: bob.id });
      const client = await alice.client(transport);
      const sender = sendContinuously(client, conversation_id);
      await sender.some;
      const asked = Date.now();
      await node.kill('SIGTERM');
      expect(Date.now() - asked).to.be.below(STOP_WITHIN_MS);
      expect(await node.ended).to.equal(0);
      await sender.end;
      expect(sender.refusals.filter((code) => code !== 'shutting_down')).to.deep.equal([]);

      await node.restart();
      const stored: string[] = [];
      for (let offset = 0; offset === stored.length; offset += 200) {
        const { messages } = await alice.rest.ask('list_messages', { conversation_id, limit: 200, offset });
        stored.push(...messages.map((row: { client_message_id: string }) => row.client_message_id));
      }
      expect(stored).to.have.members([...sender.acked]);
    });
  }
});

/** Sends in several sequences, each message after the answer to the last, until one is refused or the connection is closed. */
function sendContinuously(client: Client, conversation_id: number) {
  const acked = new Set<string>();
  const refusals: string[] = [];
  const { promise: some, resolve } = Promise.withResolvers<void>();
  async function sendSequence(sequence: number): Promise<void> {
    for (let index = 0; ; index += 1) {
      const content = `sequence ${sequence}, ${index}`;
      const sent = client.ask('message', { conversation_id, content, client_message_id: content });
      const answer = await Promise.race([sent, client.closed.then(() => undefined)]).catch(() => undefined);
      if (answer === undefined) return; // the connection is closed
      if (!answer.ok) return void refusals.push(answer.error.code);
      acked.add(content);
      if (acked.size === SOME) resolve();
    }
  }
  const end = Promise.all(Array.from({ length: SEQUENCES }, (_, sequence) => sendSequence(sequence)));
  return { acked, refusals, some, end };
}
