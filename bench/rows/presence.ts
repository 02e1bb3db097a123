import type { Member } from '../load/clients.ts';
import type { FlappingWindow } from '../load/flapping.ts';
import { startLoad } from '../load/load.ts';
import { interleave, reached, summary, valuesOf } from '../measuring/interleave.ts';
import type { Row } from '../row.ts';
import { fillGroups, fillUsers } from '../servers/filling.ts';
import { startOurs } from '../servers/ours.ts';

const PER_SECOND = 10;
const SECONDS = 5;
const OURS = 'MmChat';

/** The one who comes and goes shares a group with everybody, and another conversation with each. */
export const presence: Row = {
  name: 'presence',
  about: 'somebody with 1,000 contacts comes and goes 10 times a second for 5 s',
  async run(scale, tell) {
    const everybody = Array.from({ length: scale.audience + 1 }, (_, at) => at + 1);
    const server = await startOurs('sqlite', async (database) => {
      await fillUsers(database, everybody.length);
      await fillGroups(database, [everybody, ...everybody.slice(1).map((userId) => [1, userId])]);
    });
    const [flapper, ...contacts] = everybody.map(
      (userId): Member => ({ url: server.url, protocol: 'raw', token: server.tokenOf(userId) }),
    );
    const options = { flapper: flapper as Member, contacts, watched: [server.pid] }; // there is always a first
    tell('everybody connects');
    const load = await startLoad<'flapping', FlappingWindow>('flapping', options);
    const side = {
      name: OURS,
      window: () => load.window({ seconds: SECONDS * Math.min(1, scale.seconds), perSecond: PER_SECOND }),
      warmUp: async () => undefined, // who is known to be there is not told of again
      async stop() {
        await load.stop();
        await server.stop();
      },
    };
    const runs = await interleave([side], 1, tell);
    const goals = [
      reached({ about: 'events per second and contact', atMost: 1 }, valuesOf(runs, 'perContact', OURS)),
      reached({ about: 'events that each contact has had in the end', atLeast: 1 }, valuesOf(runs, 'settled', OURS)),
    ];
    return { goals, sides: summary(runs) };
  },
};
