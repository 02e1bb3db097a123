import { startRedis } from '../../test/support/redis.ts';
import type { ChatWindow } from '../load/chat.ts';
import type { Member } from '../load/clients.ts';
import { startLoad } from '../load/load.ts';
import { compare, interleave, type Side, summary } from '../measuring/interleave.ts';
import type { Row } from '../row.ts';
import { fillGroups, fillUsers } from '../servers/filling.ts';
import { makeDatabase, startOn, tokenOf } from '../servers/ours.ts';
import type { Server } from '../servers/server.ts';
import { oneGroup, type Room } from './chat-sides.ts';

const SENDERS = 4;
const PER_SENDER = 4;
const ONE = 'one node';
const OTHER = 'the other node, through Redis';

export const cluster: Row = {
  name: 'cluster',
  about: 'fan-out to 1,000 Socket.IO clients, sent on another node, 16 messages in flight, PostgreSQL',
  async run(scale, tell) {
    const { seconds, warmSeconds, audience } = scale;
    const room = oneGroup(
      Array.from({ length: audience }, () => 'socketio' as const),
      SENDERS,
    );
    const window = { seconds, warmSeconds, inFlight: PER_SENDER };
    tell('everybody connects');
    const sides = [await oneNode(room, window), await twoNodes(room, window)];
    const runs = await interleave(sides, scale.runs, tell);
    const goal = { about: 'CPU per delivery on the node of the listeners ÷ one node that does all', atMost: 1.1 };
    return { goals: [compare(runs, 'deliveryCpu', OTHER, ONE, goal)], sides: summary(runs) };
  },
};

async function oneNode(room: Room, window: ChatWindow): Promise<Side> {
  const database = await databaseFor(room);
  const node = await startOn(database.url);
  return loaded(ONE, room, { sending: node, listening: node }, window, async () => {
    await node.stop();
    await database.remove();
  });
}

async function twoNodes(room: Room, window: ChatWindow): Promise<Side> {
  const database = await databaseFor(room);
  const redis = await startRedis();
  if (redis === undefined) throw new Error('Redis is not installed');
  const [sending, listening] = [
    await startOn(database.url, { REDIS_URL: redis.url }),
    await startOn(database.url, { REDIS_URL: redis.url }),
  ];
  return loaded(OTHER, room, { sending, listening }, window, async () => {
    for (const node of [sending, listening]) await node.stop();
    await redis.stop();
    await database.remove();
  });
}

const databaseFor = ({ groups, places }: Room) =>
  makeDatabase('postgresql', async (database) => {
    await fillUsers(database, places.length);
    await fillGroups(database, groups);
  });

async function loaded(
  name: string,
  { places }: Room,
  { sending, listening }: { sending: Server; listening: Server },
  window: ChatWindow,
  stop: () => Promise<void>,
): Promise<Side> {
  const members = places.map(({ userId, sends }): Member => {
    const member: Member = { url: sends ? sending.url : listening.url, protocol: 'socketio', token: tokenOf(userId) };
    return sends ? { ...member, conversationId: 1 } : member;
  });
  const load = await startLoad<'chat', ChatWindow>('chat', { members, watched: [listening.pid] });
  return {
    name,
    window: () => load.window(window),
    async stop() {
      await load.stop();
      await stop();
    },
  };
}
