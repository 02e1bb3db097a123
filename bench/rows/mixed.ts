import type { Member } from '../load/clients.ts';
import { interleave, reached, summary, valuesOf } from '../measuring/interleave.ts';
import type { Row } from '../row.ts';
import { oneGroup, ours } from './chat-sides.ts';

const SENDERS = 4;
const PER_SENDER = 4;

export const mixedRoom: Row = {
  name: 'mixed',
  about: 'fan-out to 500 Socket.IO clients and 500 plain WebSockets in one room, 16 messages in flight',
  async run(scale, tell) {
    const { seconds, warmSeconds, audience } = scale;
    const window = { seconds, warmSeconds, inFlight: PER_SENDER };
    const rooms: [string, (index: number) => Member['protocol']][] = [
      ['all Socket.IO', () => 'socketio'],
      ['all plain', () => 'raw'],
      ['half and half', (index) => (index % 2 === 0 ? 'socketio' : 'raw')],
    ];
    tell('everybody connects');
    const sides = [];
    for (const [name, protocolAt] of rooms) {
      const room = oneGroup(
        Array.from({ length: audience }, (_, index) => protocolAt(index)),
        SENDERS,
      );
      sides.push({ ...(await ours('sqlite', room, window)), name });
    }
    const runs = await interleave(sides, scale.runs, tell);
    const [socketio = [], raw = [], half = []] = rooms.map(([name]) => valuesOf(runs, 'deliveryCpu', name));
    const ratios = half.map((cpu, run) => cpu / (((socketio[run] ?? 0) + (raw[run] ?? 0)) / 2));
    const goal = { about: 'CPU per delivery ÷ the mean of the two kinds alone', atMost: 1.1 };
    return { goals: [reached(goal, ratios)], sides: summary(runs) };
  },
};
