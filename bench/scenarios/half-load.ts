import { compare, resultOf } from '../measurement/goals.ts';
import { valuesOf } from '../measurement/interleave.ts';
import type { Scenario } from '../scenario.ts';
import { BARE_SOCKETIO, bareSocketio, MMCHAT, mmchat, smallGroups } from './chat-contenders.ts';

const PER_SENDER = 4;

export const halfLoad: Scenario = {
  name: 'half',
  about: "acknowledged durable sends at half of MmChat's saturated rate, conversations of 2, SQLite synchronous=FULL",
  async start({ scale, checkout, baselines, pace, progress }) {
    const { seconds, warmSeconds, inFlight } = scale;
    const chat = smallGroups(Math.max(1, Math.round(inFlight / PER_SENDER / 2)), 2);
    const saturated = { seconds, warmSeconds, inFlight: PER_SENDER };
    const server = await mmchat(checkout, 'sqlite', chat, saturated);
    const contenders = [server];
    if (baselines) contenders.push(await bareSocketio('nothing', chat, saturated));
    if (pace.perSecond === undefined) {
      progress('measuring the saturated rate');
      await server.warmUp?.();
      const { rate = 0 } = await server.load(saturated);
      pace.perSecond = rate / 2;
    }
    const paced = { seconds, warmSeconds, perSecond: pace.perSecond };
    return contenders.map((contender) => ({ ...contender, window: () => contender.load(paced) }));
  },
  goals: (runs) => [
    compare(runs, 'p99', MMCHAT, BARE_SOCKETIO, {
      about: 'p99 ÷ bare Socket.IO that stores nothing, at the same rate',
      atMost: 2,
    }),
    resultOf({ about: 'p99', unit: 'ms', atMost: 25 }, valuesOf(runs, 'p99', MMCHAT)),
  ],
};
