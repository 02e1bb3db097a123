import type { Member } from '../load/clients.ts';
import type { ConnectingWindow } from '../load/connecting.ts';
import { startLoad } from '../load/load.ts';
import { compare, interleave, type Side, summary } from '../measuring/interleave.ts';
import type { Row } from '../row.ts';
import type { Server } from '../servers/server.ts';
import { bareMembers, bareServer, ourMembers, oursWith } from './crowds.ts';

const CONVERSATIONS = 10;
const BARE = 'Socket.IO, without token and rooms';
const OURS = 'MmChat, with token and 10 rooms';

export const connect: Row = {
  name: 'connect',
  about: '2,000 Socket.IO clients connect, fifty at a time',
  async run(scale, tell) {
    const crowd = { users: scale.arriving, groupsEach: CONVERSATIONS };
    const [server, bare] = [await oursWith(crowd), await bareServer()];
    const sides = [
      await arriving(OURS, server, ourMembers(server, crowd, 'socketio')),
      await arriving(BARE, bare, bareMembers(bare, { ...crowd, groupsEach: 0 })),
    ];
    const runs = await interleave(sides, scale.runs, tell);
    const goal = { about: 'time ÷ bare Socket.IO without token and rooms', atMost: 1.8 };
    return { goals: [compare(runs, 'seconds', OURS, BARE, goal)], sides: summary(runs) };
  },
};

async function arriving(name: string, server: Server, members: readonly Member[]): Promise<Side> {
  const load = await startLoad<'connecting', ConnectingWindow>('connecting', { members, watched: [server.pid] });
  return {
    name,
    window: () => load.window({ hold: false }),
    async stop() {
      await load.stop();
      await server.stop();
    },
  };
}
