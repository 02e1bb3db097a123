import { startRedis } from '../../test/support/redis.ts';
import type { ChatWindow } from '../load/chat.ts';
import type { ClientOptions } from '../load/clients.ts';
import { startLoad } from '../load/load-process.ts';
import { compare } from '../measurement/goals.ts';
import type { Contender } from '../measurement/interleave.ts';
import type { Scenario } from '../scenario.ts';
import { fillGroups, fillUsers } from '../servers/fill-database.ts';
import { createDatabase, startOnDatabase, tokenOf } from '../servers/mmchat.ts';
import type { Server } from '../servers/server.ts';
import { type Chat, oneGroup } from './chat-contenders.ts';

const SENDERS = 4;
const PER_SENDER = 4;
const ONE_NODE = 'one node';
const TWO_NODES = 'the other node, through Redis';

export const cluster: Scenario = {
  name: 'cluster',
  about: 'fan-out to 1,000 Socket.IO clients, sent on another node, 16 messages in flight, PostgreSQL',
  async start({ scale, checkout, progress }) {
    const { seconds, warmSeconds, recipients } = scale;
    const chat = oneGroup(
      Array.from({ length: recipients }, () => 'socketio' as const),
      SENDERS,
    );
    const window = { seconds, warmSeconds, inFlight: PER_SENDER };
    progress('connecting clients');
    return [await oneNode(checkout, chat, window), await twoNodes(checkout, chat, window)];
  },
  goals(runs) {
    const goal = { about: 'CPU per delivery on the receiving node ÷ one node for all', atMost: 1.1 };
    return [compare(runs, 'deliveryCpu', TWO_NODES, ONE_NODE, goal)];
  },
};

async function oneNode(checkout: string, chat: Chat, window: ChatWindow): Promise<Contender> {
  const database = await databaseFor(chat);
  const node = await startOnDatabase(checkout, database.url);
  return contender(ONE_NODE, chat, { sending: node, receiving: node }, window, async () => {
    await node.stop();
    await database.remove();
  });
}

async function twoNodes(checkout: string, chat: Chat, window: ChatWindow): Promise<Contender> {
  const database = await databaseFor(chat);
  const redis = await startRedis();
  if (redis === undefined) throw new Error('Redis is not installed');
  const [sending, receiving] = [
    await startOnDatabase(checkout, database.url, { REDIS_URL: redis.url }),
    await startOnDatabase(checkout, database.url, { REDIS_URL: redis.url }),
  ];
  return contender(TWO_NODES, chat, { sending, receiving }, window, async () => {
    for (const node of [sending, receiving]) await node.stop();
    await redis.stop();
    await database.remove();
  });
}

const databaseFor = ({ groups, users }: Chat) =>
  createDatabase('postgresql', async (database) => {
    await fillUsers(database, users.length);
    await fillGroups(database, groups);
  });

async function contender(
  name: string,
  { users }: Chat,
  { sending, receiving }: { sending: Server; receiving: Server },
  window: ChatWindow,
  stop: () => Promise<void>,
): Promise<Contender> {
  const clients = users.map(({ userId, sends }): ClientOptions => {
    const { url } = sends ? sending : receiving;
    const client: ClientOptions = { url, protocol: 'socketio', token: tokenOf(userId) };
    return sends ? { ...client, conversationId: 1 } : client;
  });
  const load = await startLoad<'chat', ChatWindow>('chat', { clients, pids: [receiving.pid] });
  return {
    name,
    window: () => load.window(window),
    async stop() {
      await load.stop();
      await stop();
    },
  };
}
