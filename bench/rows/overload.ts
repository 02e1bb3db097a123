import { compare, interleave, summary } from '../measuring/interleave.ts';
import type { Row } from '../row.ts';
import { ours, smallGroups } from './chat-sides.ts';

const PER_SENDER = 4;
const SATURATED = 'saturated';
const OVERLOADED = 'twice as much';
/** Until the queue is full and the server refuses what it cannot do. */
const WARM_FACTOR = 6;

export const overload: Row = {
  name: 'overload',
  about: 'twice as many sends a second as it can accept, whether it answers or not; conversations of 2, SQLite',
  async run(scale, tell) {
    const { seconds, warmSeconds, inFlight } = scale;
    const room = smallGroups(Math.max(1, Math.round(inFlight / PER_SENDER / 2)), 2);
    const saturated = { seconds, warmSeconds, inFlight: PER_SENDER };
    const side = await ours('sqlite', room, saturated);
    let rate = 0;
    const sides = [
      {
        ...side,
        name: SATURATED,
        async window() {
          const figures = await side.window();
          rate = figures.rate ?? 0;
          return figures;
        },
        stop: async () => undefined,
      },
      {
        ...side,
        name: OVERLOADED,
        window: () => side.load({ seconds, warmSeconds: warmSeconds * WARM_FACTOR, perSecond: 2 * rate }),
      },
    ];
    const runs = await interleave(sides, scale.runs, tell);
    const goals = [
      compare(runs, 'rate', OVERLOADED, SATURATED, { about: 'accepted sends a second ÷ at saturation', atLeast: 0.9 }),
      compare(runs, 'memory', OVERLOADED, SATURATED, { about: 'memory ÷ at saturation', atMost: 2 }),
    ];
    return { goals, sides: summary(runs) };
  },
};
