import type { ClientOptions } from '../load/clients.ts';
import type { ConnectWindow } from '../load/connect.ts';
import { startLoad } from '../load/load-process.ts';
import { compare } from '../measurement/goals.ts';
import type { Contender } from '../measurement/interleave.ts';
import type { Scenario } from '../scenario.ts';
import type { Server } from '../servers/server.ts';
import { bareClients, bareServer, mmchatClients, mmchatWith } from './population.ts';

const CONVERSATIONS = 10;
const BARE = 'Socket.IO, without token and rooms';
const MMCHAT = 'MmChat, with token and 10 rooms';

export const connect: Scenario = {
  name: 'connect',
  about: '2,000 Socket.IO clients connect, fifty at a time',
  async start({ scale, checkout, baselines }) {
    const population = { users: scale.connecting, groupsEach: CONVERSATIONS };
    const server = await mmchatWith(checkout, population);
    const contenders = [await contender(MMCHAT, server, mmchatClients(server, population, 'socketio'))];
    if (!baselines) return contenders;
    const bare = await bareServer();
    return [...contenders, await contender(BARE, bare, bareClients(bare, { ...population, groupsEach: 0 }))];
  },
  goals(runs) {
    const goal = { about: 'time ÷ bare Socket.IO without token and rooms', atMost: 1.8 };
    return [compare(runs, 'seconds', MMCHAT, BARE, goal)];
  },
};

async function contender(name: string, server: Server, clients: readonly ClientOptions[]): Promise<Contender> {
  const load = await startLoad<'connect', ConnectWindow>('connect', { clients, pids: [server.pid] });
  return {
    name,
    window: () => load.window({ hold: false }),
    async stop() {
      await load.stop();
      await server.stop();
    },
  };
}
