import type { ChatWindow } from '../load/chat.ts';
import { compare } from '../measurement/goals.ts';
import type { Contender } from '../measurement/interleave.ts';
import type { Scale } from '../scale.ts';
import type { Scenario } from '../scenario.ts';
import { BARE_SOCKETIO, BARE_WS, bareSocketio, bareWs, MMCHAT, mmchat, oneGroup } from './chat-contenders.ts';

const SENDERS = 4;
const PER_SENDER = 4;
const PER_SECOND = 20;

const saturated = ({ seconds, warmSeconds }: Scale): ChatWindow => ({ seconds, warmSeconds, inFlight: PER_SENDER });
const paced = ({ seconds, warmSeconds }: Scale): ChatWindow => ({ seconds, warmSeconds, perSecond: PER_SECOND });

type FanOut = { name: string; about: string; pace: typeof saturated; protocol: 'socketio' | 'raw'; atMost: number };

const fanOut = ({ name, about, pace, protocol, atMost }: FanOut): Scenario => ({
  name,
  about,
  async start({ scale, checkout, baselines, progress }) {
    const chat = oneGroup(
      Array.from({ length: scale.recipients }, () => protocol),
      SENDERS,
    );
    const window = pace(scale);
    progress('connecting clients');
    const contenders: Contender[] = [await mmchat(checkout, 'sqlite', chat, window)];
    if (baselines)
      contenders.push(protocol === 'raw' ? await bareWs(chat, window) : await bareSocketio('nothing', chat, window));
    return contenders;
  },
  goals(runs) {
    const baseline = protocol === 'raw' ? BARE_WS : BARE_SOCKETIO;
    const goal = { about: `CPU per delivery ÷ ${protocol === 'raw' ? 'bare ws.send' : 'bare io.to().emit'}`, atMost };
    return [compare(runs, 'deliveryCpu', MMCHAT, baseline, goal)];
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
  about: 'fan-out to 1,000 Socket.IO clients, 20 messages/s',
  pace: paced,
  protocol: 'socketio',
  atMost: 0.8,
});
export const fanOutRaw = fanOut({
  name: 'fanout-raw',
  about: 'fan-out to 1,000 raw WebSockets, 16 messages in flight',
  pace: saturated,
  protocol: 'raw',
  atMost: 0.4,
});
export const fanOutRawPaced = fanOut({
  name: 'fanout-raw-paced',
  about: 'fan-out to 1,000 raw WebSockets, 20 messages/s',
  pace: paced,
  protocol: 'raw',
  atMost: 1,
});
