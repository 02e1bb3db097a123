import type { ClientOptions } from '../load/clients.ts';
import { resultOf } from '../measurement/goals.ts';
import { valuesOf } from '../measurement/interleave.ts';
import type { Scenario } from '../scenario.ts';
import { mmchat, oneGroup } from './chat-contenders.ts';

const SENDERS = 4;
const PER_SENDER = 4;
const ROOMS: [string, (index: number) => ClientOptions['protocol']][] = [
  ['Socket.IO only', () => 'socketio'],
  ['raw only', () => 'raw'],
  ['half of each', (index) => (index % 2 === 0 ? 'socketio' : 'raw')],
];

export const mixedRoom: Scenario = {
  name: 'mixed',
  about: 'fan-out to 500 Socket.IO clients and 500 raw WebSockets in one room, 16 messages in flight',
  async start({ scale, checkout, progress }) {
    const { seconds, warmSeconds, recipients } = scale;
    const window = { seconds, warmSeconds, inFlight: PER_SENDER };
    progress('connecting clients');
    const contenders = [];
    for (const [name, protocolAt] of ROOMS) {
      const chat = oneGroup(
        Array.from({ length: recipients }, (_, index) => protocolAt(index)),
        SENDERS,
      );
      contenders.push({ ...(await mmchat(checkout, 'sqlite', chat, window)), name });
    }
    return contenders;
  },
  goals(runs) {
    const [socketio = [], raw = [], half = []] = ROOMS.map(([name]) => valuesOf(runs, 'deliveryCpu', name));
    const ratios = half.map((cpu, run) => cpu / (((socketio[run] ?? 0) + (raw[run] ?? 0)) / 2));
    const goal = { about: 'CPU per delivery ÷ the mean of both protocols alone', atMost: 1.1 };
    return [resultOf(goal, ratios)];
  },
};
