import type { ClientOptions } from '../load/clients.ts';
import type { FlappingWindow } from '../load/flapping.ts';
import { startLoad } from '../load/load-process.ts';
import { resultOf } from '../measurement/goals.ts';
import { valuesOf } from '../measurement/interleave.ts';
import type { Scenario } from '../scenario.ts';
import { fillGroups, fillUsers } from '../servers/fill-database.ts';
import { startMmChat } from '../servers/mmchat.ts';

const PER_SECOND = 10;
const SECONDS = 5;
const MMCHAT = 'MmChat';

/** The flapping user shares a group with all contacts, and a second conversation with each of them. */
export const presence: Scenario = {
  name: 'presence',
  about: 'a user with 1,000 contacts connects and disconnects 10 times a second for 5 s',
  runs: 1,
  async start({ scale, checkout, progress }) {
    const all = Array.from({ length: scale.recipients + 1 }, (_, index) => index + 1);
    const server = await startMmChat(checkout, 'sqlite', async (database) => {
      await fillUsers(database, all.length);
      await fillGroups(database, [all, ...all.slice(1).map((userId) => [1, userId])]);
    });
    const [flapper, ...contacts] = all.map(
      (userId): ClientOptions => ({ url: server.url, protocol: 'raw', token: server.tokenOf(userId) }),
    );
    const options = { flapper: flapper as ClientOptions, contacts, pids: [server.pid] }; // never empty
    progress('connecting clients');
    const load = await startLoad<'flapping', FlappingWindow>('flapping', options);
    const contender = {
      name: MMCHAT,
      window: () => load.window({ seconds: SECONDS * Math.min(1, scale.seconds), perSecond: PER_SECOND }),
      warmUp: async () => undefined, // a state that contacts have already received is not sent again
      async stop() {
        await load.stop();
        await server.stop();
      },
    };
    return [contender];
  },
  goals: (runs) => [
    resultOf({ about: 'events per second and contact', atMost: 1 }, valuesOf(runs, 'perContact', MMCHAT)),
    resultOf({ about: 'events per contact at the end', atLeast: 1 }, valuesOf(runs, 'settled', MMCHAT)),
  ],
};
