import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { IS_SOAK } from '../support/soak.ts';
import type { Cluster, Member } from './cluster.ts';
import { open } from './connection.ts';
import { until } from './until.ts';

/** What is in flight to a client when the removal is acknowledged arrives within this time on this machine. */
const IN_FLIGHT_MS = 40;
/** Between two messages of one of the sender's four loops: one message every few milliseconds is always in flight. */
const PAUSE_MS = IS_SOAK ? 0 : 30;

/**
 * An admin on the first node, a steady sender on the given ones, and on the third the one who will be removed.
 * @param closing receives what has to be closed after the test
 * @param pauseMs 0 for sending at full speed
 */
export async function removalScene(
  cluster: Cluster,
  closing: { close(): void }[],
  sending: readonly number[],
  pauseMs = PAUSE_MS,
) {
  const [admin, sender, removed, stays] = (await cluster.enroll(4)) as [Member, Member, Member, Member];
  const first = cluster.node(0);
  const conversation_id = await cluster.group(first, admin, sender, removed, stays);
  const frames: Record<'removed' | 'stays', { seq: number; at: number; type: string }[]> = { removed: [], stays: [] };
  const listen = async (who: Member, name: keyof typeof frames, wire: 'raw' | 'socketio' = 'raw') => {
    const url = cluster.node(2).url;
    const connection = await open(url, who.token, wire, (event) => {
      if (event.conversation_id === conversation_id)
        frames[name].push({ seq: event.seq, at: Date.now(), type: event.type });
    });
    closing.push(connection);
    return connection;
  };
  await listen(removed, 'removed');
  await listen(removed, 'removed', 'socketio');
  await listen(stays, 'stays');
  const senders = await Promise.all(sending.map((index) => cluster.client(cluster.node(index), sender)));
  let isOver = false;
  const lines = senders.flatMap((client) =>
    [1, 2, 3, 4].map(async () => {
      while (!isOver) {
        await client.ask('message', { conversation_id, content: 'Hello!' });
        if (pauseMs > 0) await delay(pauseMs);
      }
    }),
  );
  const ended = () => {
    isOver = true;
    return Promise.race([Promise.all(lines), delay(3_000)]);
  };
  closing.push({ close: () => void ended() });
  await until('all receive', () => frames.removed.length > 50 && frames.stays.length > 50, 10_000);
  const remove = () => cluster.rest(first, admin).ask('remove_participant', { conversation_id, user_id: removed.id });
  return { admin, removed, stays, conversation_id, frames, listen, ended, remove };
}
type Scene = Awaited<ReturnType<typeof removalScene>>;

/** Nothing arrives after the acknowledgement, while the user who stays still receives everything. */
export async function expectSilence({ frames, conversation_id }: Scene, since: number, andUntil: () => boolean) {
  await until('the other still receives', andUntil, 10_000);
  const late = frames.removed.filter(({ at, type }) => at > since + IN_FLIGHT_MS && type !== 'conversation_update');
  expect(late.slice(0, 3), `${late.length} frames after the acknowledgement, of ${conversation_id}`).to.deep.equal([]);
}

export const more = ({ frames }: Scene, count: number) => {
  const now = frames.stays.length;
  return () => frames.stays.length > now + count;
};
