import bcrypt from 'bcrypt';
import type { ChatWindow } from '../load/chat.ts';
import { startLoad } from '../load/load-process.ts';
import type { RequestsWindow } from '../load/requests.ts';
import { compare, resultOf } from '../measurement/goals.ts';
import { valuesOf } from '../measurement/interleave.ts';
import type { Scenario } from '../scenario.ts';
import { fillGroups, fillUsers } from '../servers/fill-database.ts';
import { startMmChat } from '../servers/mmchat.ts';
import { smallGroups } from './chat-contenders.ts';

const PASSWORD = 'StrongPassword123';
/** The server's own bcrypt cost. */
const COST = 10;
const CONCURRENT_LOGINS = 8;
const SENDS_PER_SECOND = 1_000;
const PAIRS = 25;
const SENDS_ONLY = 'sends only';
const WITH_LOGINS = 'sends with logins';

export const logins: Scenario = {
  name: 'logins',
  about: '1,000 sends/s, without and with logins at full speed, 8 at once; conversations of 2, SQLite',
  async start({ scale, checkout }) {
    const { groups, users } = smallGroups(PAIRS, 2);
    const passwordHash = await bcrypt.hash(PASSWORD, COST);
    const server = await startMmChat(checkout, 'sqlite', async (database) => {
      await fillUsers(database, users.length, passwordHash);
      await fillGroups(database, groups);
    });
    const clients = users.map(({ userId, groups: [conversationId = 0] }) => ({
      url: server.url,
      protocol: 'socketio' as const,
      token: server.tokenOf(userId),
      conversationId,
    }));
    const pids = [server.pid];
    const sends = await startLoad<'chat', ChatWindow>('chat', { clients, pids });
    const requests = Array.from({ length: CONCURRENT_LOGINS }, (_, index) => loginOf(index + 1));
    const options = { url: server.url, requests, connections: CONCURRENT_LOGINS, pids };
    const logins = await startLoad<'requests', RequestsWindow>('requests', options);
    const { seconds, warmSeconds } = scale;
    const paced = { seconds: 2 * seconds, warmSeconds, perSecond: SENDS_PER_SECOND };
    return [
      { name: SENDS_ONLY, window: () => sends.window(paced), stop: async () => undefined },
      {
        name: WITH_LOGINS,
        async window() {
          const [figures, { rate = 0 }] = await Promise.all([
            sends.window(paced),
            logins.window({ seconds: 2 * seconds, warmSeconds }),
          ]);
          return { ...figures, loginRate: rate };
        },
        async stop() {
          await Promise.all([sends.stop(), logins.stop()]);
          await server.stop();
        },
      },
    ];
  },
  goals: (runs) => [
    compare(runs, 'p99', WITH_LOGINS, SENDS_ONLY, { about: 'p99 of sends ÷ without logins', atMost: 2 }),
    resultOf({ about: 'logins', unit: '/s', atLeast: 1 }, valuesOf(runs, 'loginRate', WITH_LOGINS)),
  ],
};

const loginOf = (userId: number) => ({
  method: 'POST',
  path: '/api/login',
  body: JSON.stringify({ username: `user${userId}`, password: PASSWORD }),
});
