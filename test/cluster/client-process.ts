import type { Member } from './cluster.ts';
import { Follower } from './follower.ts';
import { until } from './until.ts';

/** Many clients in a process of their own. It receives their users, and reports when all are connected, and when all are back. */
process.once('message', async ({ members, urls, missed }: { members: Member[]; urls: string[]; missed: number }) => {
  const followers: Follower[] = [];
  for (const [index, who] of members.entries()) {
    followers.push(new Follower(who, urls, index % 2 === 0 ? 'raw' : 'socketio'));
    if (index % 20 === 19) await until('they come', () => followers.every(({ caughtUpAt }) => caughtUpAt > 0), 20_000);
  }
  process.send?.('connected');
  await until('the node is gone', () => followers.some(({ connected }) => !connected), 30_000);
  const lostAt = Date.now();
  const shows = ({ views }: Follower) =>
    views.size > 0 && [...views.values()].every(({ messages }) => messages.size === missed);
  const back = (each: Follower) => each.counts.connects === 2 && each.caughtUpAt > lostAt && shows(each);
  await until('all are back', () => followers.every(back), 60_000).catch(() => undefined); // the counts show it
  process.send?.({ backMs: Date.now() - lostAt, shown: followers.filter(back).length });
});
