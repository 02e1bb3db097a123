import bcrypt from 'bcrypt';
import type { ChatWindow } from '../load/chat.ts';
import { startLoad } from '../load/load.ts';
import type { RequestsWindow } from '../load/requests.ts';
import { compare, interleave, reached, summary, valuesOf } from '../measuring/interleave.ts';
import type { Row } from '../row.ts';
import { fillGroups, fillUsers } from '../servers/filling.ts';
import { startOurs } from '../servers/ours.ts';
import { smallGroups } from './chat-sides.ts';

const PASSWORD = 'StrongPassword123';
/** As the server hashes. */
const COST = 10;
const LOGINS_AT_ONCE = 8;
const SENDS_PER_SECOND = 1_000;
const PAIRS = 25;
const ALONE = 'sends alone';
const BESIDE = 'beside logins';

export const logins: Row = {
  name: 'logins',
  about: '1,000 sends a second, alone and beside logins at full speed, 8 at once; conversations of 2, SQLite',
  async run(scale, tell) {
    const { groups, places } = smallGroups(PAIRS, 2);
    const passwordHash = await bcrypt.hash(PASSWORD, COST);
    const server = await startOurs('sqlite', async (database) => {
      await fillUsers(database, places.length, passwordHash);
      await fillGroups(database, groups);
    });
    const members = places.map(({ userId, groups: [conversationId = 0] }) => ({
      url: server.url,
      protocol: 'socketio' as const,
      token: server.tokenOf(userId),
      conversationId,
    }));
    const watched = [server.pid];
    const sends = await startLoad<'chat', ChatWindow>('chat', { members, watched });
    const requests = Array.from({ length: LOGINS_AT_ONCE }, (_, at) => loginOf(at + 1));
    const options = { url: server.url, requests, connections: LOGINS_AT_ONCE, watched };
    const logging = await startLoad<'requests', RequestsWindow>('requests', options);
    const { seconds, warmSeconds } = scale;
    const paced = { seconds: 2 * seconds, warmSeconds, perSecond: SENDS_PER_SECOND };
    const sides = [
      { name: ALONE, window: () => sends.window(paced), stop: async () => undefined },
      {
        name: BESIDE,
        async window() {
          const [figures, { rate = 0 }] = await Promise.all([
            sends.window(paced),
            logging.window({ seconds: 2 * seconds, warmSeconds }),
          ]);
          return { ...figures, loginRate: rate };
        },
        async stop() {
          await Promise.all([sends.stop(), logging.stop()]);
          await server.stop();
        },
      },
    ];
    const runs = await interleave(sides, scale.runs, tell);
    const goals = [
      compare(runs, 'p99', BESIDE, ALONE, { about: 'p99 of sends ÷ without logins', atMost: 2 }),
      reached({ about: 'logins', unit: '/s', atLeast: 1 }, valuesOf(runs, 'loginRate', BESIDE)),
    ];
    return { goals, sides: summary(runs) };
  },
};

const loginOf = (userId: number) => ({
  method: 'POST',
  path: '/api/login',
  body: JSON.stringify({ username: `user${userId}`, password: PASSWORD }),
});
