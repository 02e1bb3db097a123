import { startLoad } from '../load/load.ts';
import type { RequestsWindow } from '../load/requests.ts';
import { compare, interleave, type Side, summary } from '../measuring/interleave.ts';
import type { Row } from '../row.ts';
import type { Scale } from '../scale.ts';
import { fillTalk, fillUsers } from '../servers/filling.ts';
import { startOurs } from '../servers/ours.ts';

const CONNECTIONS = 40;
const TALK = { first: 1, count: 1, firstUser: 1, members: 2, messages: 100 };
const [ONE, TWO] = ['WORKERS=1', 'WORKERS=2'];

/** Reading is what several processes are for: on SQLite all writes still go through one file. */
export const workers: Row = {
  name: 'workers',
  about: 'GET a page of 50 messages, 40 connections, SQLite, with one process and with two',
  async run(scale, tell) {
    const sides = [await reading(ONE, scale), await reading(TWO, scale)];
    const runs = await interleave(sides, scale.runs, tell);
    const goal = { about: 'rate with two processes ÷ with one, while the load takes a core too', atLeast: 1 };
    return { goals: [compare(runs, 'rate', TWO, ONE, goal)], sides: summary(runs) };
  },
};

async function reading(name: string, { seconds, warmSeconds }: Scale): Promise<Side> {
  const fill = async (database: Parameters<typeof fillUsers>[0]) => {
    await fillUsers(database, TALK.members);
    await fillTalk(database, TALK);
  };
  const server = await startOurs('sqlite', fill, { WORKERS: name.slice('WORKERS='.length) });
  const request = { method: 'GET', path: '/api/conversations/1/messages?limit=50', token: server.tokenOf(1) };
  // the CPU of the first process alone would say nothing of the others: the rate is what counts
  const options = { url: server.url, requests: [request], connections: CONNECTIONS, watched: [] };
  const load = await startLoad<'requests', RequestsWindow>('requests', options);
  return {
    name,
    async window() {
      const { rate, p50, p99 } = await load.window({ seconds, warmSeconds });
      return { rate, p50, p99 } as Awaited<ReturnType<Side['window']>>;
    },
    async stop() {
      await load.stop();
      await server.stop();
    },
  };
}
