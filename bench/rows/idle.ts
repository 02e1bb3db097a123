import { setTimeout as delay } from 'node:timers/promises';
import type { Member } from '../load/clients.ts';
import type { ConnectingWindow } from '../load/connecting.ts';
import { startLoad } from '../load/load.ts';
import { Inspector } from '../measuring/inspect.ts';
import { compare, interleave, type Side, summary } from '../measuring/interleave.ts';
import type { Row } from '../row.ts';
import type { Server } from '../servers/server.ts';
import { bareMembers, bareServer, ourMembers, oursWith } from './crowds.ts';

const CONVERSATIONS = 50;
const SETTLE_MS = 3_000;
/** Where the inspector opens when it is asked to. */
const INSPECTABLE = { NODE_OPTIONS: '--inspect-port=0' };
const BARE = 'Socket.IO, in 50 rooms';
const SOCKETIO = 'MmChat, Socket.IO';
const RAW = 'MmChat, plain WebSocket';

export const idle: Row = {
  name: 'idle',
  about: 'memory of an idle connection whose user is in 50 conversations, after garbage collection',
  async run(scale, tell) {
    const crowd = { users: scale.idle, groupsEach: CONVERSATIONS };
    const settleMs = scale.idle < 1_000 ? 0 : SETTLE_MS;
    const [one, other, bare] = [
      await oursWith(crowd, INSPECTABLE),
      await oursWith(crowd, INSPECTABLE),
      await bareServer(INSPECTABLE),
    ];
    const sides = [
      holding(SOCKETIO, one, ourMembers(one, crowd, 'socketio'), settleMs),
      holding(RAW, other, ourMembers(other, crowd, 'raw'), settleMs),
      holding(BARE, bare, bareMembers(bare, crowd), settleMs),
    ];
    const runs = await interleave(sides, 1, tell);
    const goals = [
      compare(runs, 'bytes', SOCKETIO, BARE, { about: 'Socket.IO ÷ bare Socket.IO client in 50 rooms', atMost: 1.15 }),
      compare(runs, 'bytes', RAW, BARE, { about: 'plain WebSocket ÷ bare Socket.IO client in 50 rooms', atMost: 0.7 }),
    ];
    return { goals, sides: summary(runs) };
  },
};

/** Memory with the clients less the memory without them. */
function holding(name: string, server: Server, members: readonly Member[], settleMs: number): Side {
  return {
    name,
    async window() {
      const load = await startLoad<'connecting', ConnectingWindow>('connecting', { members, watched: [server.pid] });
      const inspector = await Inspector.open(server);
      try {
        const before = await inspector.memory();
        await load.window({ hold: true });
        await delay(settleMs);
        const after = await inspector.memory();
        const perClient = (kind: keyof typeof after) => (after[kind] - before[kind]) / members.length;
        return { bytes: perClient('objects'), residentBytes: perClient('resident') };
      } finally {
        inspector.close();
        await load.stop();
      }
    },
    stop: server.stop,
  };
}
