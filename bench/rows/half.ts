import { compare, interleave, reached, summary, valuesOf } from '../measuring/interleave.ts';
import type { Row } from '../row.ts';
import { BARE, bareSocketio, OURS, ours, smallGroups } from './chat-sides.ts';

const PER_SENDER = 4;

export const halfLoad: Row = {
  name: 'half',
  about: 'acknowledged durable sends at half of our saturated rate, conversations of 2, SQLite synchronous=FULL',
  async run(scale, tell) {
    const { seconds, warmSeconds, inFlight } = scale;
    const room = smallGroups(Math.max(1, Math.round(inFlight / PER_SENDER / 2)), 2);
    const saturated = { seconds, warmSeconds, inFlight: PER_SENDER };
    const sides = [await ours('sqlite', room, saturated), await bareSocketio('nothing', room, saturated)];
    tell('looking for the saturated rate');
    await sides[0]?.warmUp?.();
    const { rate = 0 } = (await sides[0]?.load(saturated)) ?? {};
    const paced = { seconds, warmSeconds, perSecond: rate / 2 };
    const atHalf = sides.map((side) => ({ ...side, window: () => side.load(paced) }));
    const runs = await interleave(atHalf, scale.runs, tell);
    const goals = [
      compare(runs, 'p99', OURS, BARE, {
        about: 'p99 ÷ bare Socket.IO that stores nothing, at the same rate',
        atMost: 2,
      }),
      reached({ about: 'p99', unit: 'ms', atMost: 25 }, valuesOf(runs, 'p99', OURS)),
    ];
    return { goals, sides: summary(runs) };
  },
};
