import { compare } from '../measurement/goals.ts';
import type { Scenario } from '../scenario.ts';
import { mmchat, smallGroups } from './chat-contenders.ts';

const PER_SENDER = 4;
const SATURATED = 'saturated';
const OVERLOADED = 'overloaded';
/** Long enough that the queue is full and the server refuses the excess. */
const WARM_FACTOR = 6;

export const overload: Scenario = {
  name: 'overload',
  about: 'twice as many sends per second as the server can accept, open loop; conversations of 2, SQLite',
  async start({ scale, checkout }) {
    const { seconds, warmSeconds, inFlight } = scale;
    const chat = smallGroups(Math.max(1, Math.round(inFlight / PER_SENDER / 2)), 2);
    const server = await mmchat(checkout, 'sqlite', chat, { seconds, warmSeconds, inFlight: PER_SENDER });
    let rate = 0;
    return [
      {
        ...server,
        name: SATURATED,
        async window() {
          const figures = await server.window();
          rate = figures.rate ?? 0;
          return figures;
        },
        stop: async () => undefined,
      },
      {
        ...server,
        name: OVERLOADED,
        window: () => server.load({ seconds, warmSeconds: warmSeconds * WARM_FACTOR, perSecond: 2 * rate }),
      },
    ];
  },
  goals: (runs) => [
    compare(runs, 'rate', OVERLOADED, SATURATED, { about: 'accepted sends/s ÷ at saturation', atLeast: 0.9 }),
    compare(runs, 'memory', OVERLOADED, SATURATED, { about: 'memory ÷ at saturation', atMost: 2 }),
  ],
};
