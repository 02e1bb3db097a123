import type { ChatWindow } from '../load/chat.ts';
import { compare, interleave, type Side, summary } from '../measuring/interleave.ts';
import type { Row } from '../row.ts';
import type { Scale } from '../scale.ts';
import { BARE, BARE_WS, bareSocketio, bareWs, OURS, oneGroup, ours } from './chat-sides.ts';

const SENDERS = 4;
const PER_SENDER = 4;
const PACE = 20;

/** Several senders with several messages each in flight, as in a lively room; or so many a second. */
const saturated = ({ seconds, warmSeconds }: Scale): ChatWindow => ({ seconds, warmSeconds, inFlight: PER_SENDER });
const paced = ({ seconds, warmSeconds }: Scale): ChatWindow => ({ seconds, warmSeconds, perSecond: PACE });

type FanOut = { name: string; about: string; pace: typeof saturated; protocol: 'socketio' | 'raw'; atMost: number };

const fanOut = ({ name, about, pace, protocol, atMost }: FanOut): Row => ({
  name,
  about,
  async run(scale, tell) {
    const room = oneGroup(
      Array.from({ length: scale.audience }, () => protocol),
      SENDERS,
    );
    const window = pace(scale);
    tell('everybody connects');
    const sides: Side[] = [
      await ours('sqlite', room, window),
      protocol === 'raw' ? await bareWs(room, window) : await bareSocketio('nothing', room, window),
    ];
    const runs = await interleave(sides, scale.runs, tell);
    const other = protocol === 'raw' ? BARE_WS : BARE;
    const goal = { about: `CPU per delivery ÷ ${protocol === 'raw' ? 'bare ws.send' : 'bare io.to().emit'}`, atMost };
    return { goals: [compare(runs, 'deliveryCpu', OURS, other, goal)], sides: summary(runs) };
  },
});

export const fanOutSaturated = fanOut({
  name: 'fanout',
  about: 'fan-out to 1,000 Socket.IO clients, 16 messages in flight',
  pace: saturated,
  protocol: 'socketio',
  atMost: 0.35,
});
export const fanOutPaced = fanOut({
  name: 'fanout-paced',
  about: 'fan-out to 1,000 Socket.IO clients, 20 messages a second',
  pace: paced,
  protocol: 'socketio',
  atMost: 0.8,
});
export const fanOutRaw = fanOut({
  name: 'fanout-raw',
  about: 'fan-out to 1,000 plain WebSockets, 16 messages in flight',
  pace: saturated,
  protocol: 'raw',
  atMost: 0.4,
});
export const fanOutRawPaced = fanOut({
  name: 'fanout-raw-paced',
  about: 'fan-out to 1,000 plain WebSockets, 20 messages a second',
  pace: paced,
  protocol: 'raw',
  atMost: 1,
});
