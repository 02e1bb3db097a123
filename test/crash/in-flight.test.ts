import { expect } from 'chai';
import { type ClusterNode, type Node, startNode, startNodeHere } from '../cluster/node.ts';
import { migratedEnvironment, onEachDatabase } from '../support/app.ts';
import type { Client } from '../support/clients.ts';
import { People } from '../support/people.ts';
import { freePort } from '../support/processes.ts';

const TRANSPORTS = ['rest', 'socketio', 'raw'] as const;
/** Over each transport. */
const SEQUENCES = 6;
const SOME = 30;
const STOP_WITHIN_MS = 10_000;

onEachDatabase('A server that is stopped while it receives messages over every transport', (kind) => {
  let env: Record<string, string>;
  let node: Node;
  let next: ClusterNode | undefined;
  let people: People;
  let remove: () => Promise<void>;
  before(async () => {
    const fresh = await migratedEnvironment(kind);
    remove = fresh.remove;
    env = { ...fresh.env, HTTP_ADDR: `127.0.0.1:${await freePort()}` };
    node = await startNode(env);
    people = new People(node.url, fresh.smtp);
  });
  after(async () => {
    people?.closeClients();
    await node?.stop();
    await next?.stop();
    await remove?.();
  });

  it('has acknowledged exactly what it stores, and exits with 0', async function () {
    this.timeout(120_000);
    const alice = await people.signUp('alice');
    const senders = await Promise.all(
      TRANSPORTS.map(async (transport) => {
        const { id: other_user_id } = await people.signUp('bob');
        const { conversation_id } = await alice.rest.ask('open_private_conversation', { other_user_id });
        return { transport, conversation_id, ...sendContinuously(await alice.client(transport), conversation_id) };
      }),
    );
    await Promise.all(senders.map(({ some }) => some));
    const asked = Date.now();
    await node.kill('SIGTERM');
    expect(Date.now() - asked).to.be.below(STOP_WITHIN_MS);
    expect(await node.ended).to.equal(0);
    await Promise.all(senders.map(({ end }) => end));

    next = await startNodeHere(env);
    for (const { transport, conversation_id, acked, refusals } of senders) {
      expect(refusals.filter((code) => code !== 'shutting_down')).to.deep.equal([]);
      const stored: string[] = [];
      for (let offset = 0; offset === stored.length; offset += 200) {
        const { messages } = await alice.rest.ask('list_messages', { conversation_id, limit: 200, offset });
        stored.push(...messages.map((row: { client_message_id: string }) => row.client_message_id));
      }
      expect(stored, transport).to.have.members([...acked]);
    }
  });
});

/** Sends in several sequences, each message after the answer to the last, until one is refused or the connection is closed. */
function sendContinuously(client: Client, conversation_id: number) {
  const acked = new Set<string>();
  const refusals: string[] = [];
  const { promise: some, resolve } = Promise.withResolvers<void>();
  async function sendSequence(sequence: number): Promise<void> {
    for (let index = 0; ; index += 1) {
      const content = `${client.transport} ${sequence}, ${index}`;
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
