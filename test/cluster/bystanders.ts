import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { limitMs } from '../support/soak.ts';
import type { Cluster, Member } from './cluster.ts';

const ROUND_TRIP_MS = limitMs(1_500);
/** Slow enough to stay within the limit on sends. */
const PAUSE_MS = 60;
const LEAST_ROUND_TRIPS = 3;

/** Two users keep chatting through the first node during an attack, and notice nothing. */
export async function expectBystandersUnharmed<T>(cluster: Cluster, attack: () => Promise<T>): Promise<T> {
  const node = cluster.node(0);
  const [one, other] = (await cluster.enroll(2)) as [Member, Member];
  const conversation_id = await cluster.group(node, one, other);
  const [sender, receiver] = [await cluster.client(node, one), await cluster.client(node, other)];
  await Promise.all([sender, receiver].map((client) => client.ask('me'))); // until they are in their rooms
  let [over, slowest] = [false, 0];
  const talking = (async () => {
    for (let count = 1; !over || count <= LEAST_ROUND_TRIPS; count += 1) {
      const start = Date.now();
      expect(await sender.ask('message', { conversation_id, content: `${count}` })).to.include({ ok: true });
      await receiver.inbox.next('message', { content: `${count}` });
      slowest = Math.max(slowest, Date.now() - start);
      await delay(PAUSE_MS);
    }
  })();
  const attacked = attack().finally(() => {
    over = true;
  });
  const [result] = await Promise.all([attacked, talking]);
  expect(slowest, 'ms for the slowest round trip of others').to.be.below(ROUND_TRIP_MS);
  expect(node.running).to.equal(true);
  return result;
}
