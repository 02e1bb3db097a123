import { setTimeout as delay } from 'node:timers/promises';
import type { ClientOptions } from '../load/clients.ts';
import type { ConnectWindow } from '../load/connect.ts';
import { startLoad } from '../load/load-process.ts';
import { compare } from '../measurement/goals.ts';
import { Inspector } from '../measurement/inspector.ts';
import type { Contender } from '../measurement/interleave.ts';
import type { Scenario } from '../scenario.ts';
import type { Server } from '../servers/server.ts';
import { bareClients, bareServer, mmchatClients, mmchatWith } from './population.ts';

const CONVERSATIONS = 50;
const SETTLE_MS = 3_000;
/** The server ignores SIGUSR1, so an inspector cannot be opened later. */
const INSPECTABLE = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };
const BARE = 'Socket.IO, in 50 rooms';
const SOCKETIO = 'MmChat, Socket.IO';
const RAW = 'MmChat, raw WebSocket';

export const idle: Scenario = {
  name: 'idle',
  about: 'memory of an idle connection whose user is in 50 conversations, after garbage collection',
  runs: 1,
  async start({ scale, checkout, baselines }) {
    const population = { users: scale.idle, groupsEach: CONVERSATIONS };
    const settleMs = scale.idle < 1_000 ? 0 : SETTLE_MS;
    const socketio = await mmchatWith(checkout, population, INSPECTABLE);
    const raw = await mmchatWith(checkout, population, INSPECTABLE);
    const contenders = [
      contender(SOCKETIO, socketio, mmchatClients(socketio, population, 'socketio'), settleMs),
      contender(RAW, raw, mmchatClients(raw, population, 'raw'), settleMs),
    ];
    if (!baselines) return contenders;
    const bare = await bareServer(INSPECTABLE);
    return [...contenders, contender(BARE, bare, bareClients(bare, population), settleMs)];
  },
  goals: (runs) => [
    compare(runs, 'bytes', SOCKETIO, BARE, { about: 'Socket.IO ÷ bare Socket.IO client in 50 rooms', atMost: 1.15 }),
    compare(runs, 'bytes', RAW, BARE, { about: 'raw WebSocket ÷ bare Socket.IO client in 50 rooms', atMost: 0.7 }),
  ],
};

/** Measures memory with the clients connected minus memory without them. */
function contender(name: string, server: Server, clients: readonly ClientOptions[], settleMs: number): Contender {
  return {
    name,
    async window() {
      const load = await startLoad<'connect', ConnectWindow>('connect', { clients, pids: [server.pid] });
      const inspector = await Inspector.open(server);
      try {
        const before = await inspector.memory();
        await load.window({ hold: true });
        await delay(settleMs);
        const after = await inspector.memory();
        const perClient = (kind: keyof typeof after) => (after[kind] - before[kind]) / clients.length;
        return { bytes: perClient('objects'), residentBytes: perClient('resident') };
      } finally {
        inspector.close();
        await load.stop();
      }
    },
    stop: server.stop,
  };
}
