import { compare, interleave, summary } from '../measuring/interleave.ts';
import type { Row } from '../row.ts';
import type { Scale } from '../scale.ts';
import { BARE, bareSocketio, EACH, FLUSH, OURS, ours, type Room, smallGroups } from './chat-sides.ts';

const PER_SENDER = 4;
const WARM_UPS = 2;

const saturated = ({ seconds, warmSeconds }: Scale) => ({ seconds, warmSeconds, inFlight: PER_SENDER });
/** As many people as it takes for so many sends in flight, in conversations of this size. */
const people = ({ inFlight }: Scale, size: number): Room =>
  smallGroups(Math.max(1, Math.round(inFlight / PER_SENDER / size)), size);

export const send: Row = {
  name: 'send',
  about: 'acknowledged durable sends, 200 in flight, conversations of 2, SQLite synchronous=FULL',
  async run(scale, tell) {
    const [room, window] = [people(scale, 2), saturated(scale)];
    const sides = [
      await ours('sqlite', room, window),
      await bareSocketio('insert', room, window),
      await bareSocketio('flush', room, window),
    ];
    const runs = await interleave(sides, scale.runs, tell, WARM_UPS);
    const goals = [
      compare(runs, 'rate', OURS, EACH, { about: 'rate ÷ one prepared insert per message', atLeast: 5 }),
      compare(runs, 'rate', OURS, FLUSH, { about: 'rate ÷ em.create + flush per message', atLeast: 14 }),
    ];
    return { goals, sides: summary(runs) };
  },
};

const sendFive = (name: string, kind: 'sqlite' | 'postgresql', database: string, atLeast: number): Row => ({
  name,
  about: `acknowledged durable sends, 200 in flight, conversations of 5, ${database}`,
  async run(scale, tell) {
    const [room, window] = [people(scale, 5), saturated(scale)];
    const sides = [await ours(kind, room, window), await bareSocketio('nothing', room, window)];
    const runs = await interleave(sides, scale.runs, tell, WARM_UPS);
    const about = 'rate ÷ bare Socket.IO that stores nothing and tells the same 5';
    return { goals: [compare(runs, 'rate', OURS, BARE, { about, atLeast })], sides: summary(runs) };
  },
});

export const sendToFive = sendFive('send5', 'sqlite', 'SQLite synchronous=FULL', 2);
export const sendOnPostgresql = sendFive('send5-pg', 'postgresql', 'PostgreSQL', 1.6);

export const sendOne: Row = {
  name: 'one',
  about: 'one acknowledged durable send at a time, conversation of 2, SQLite synchronous=FULL',
  async run(scale, tell) {
    const { groups, places } = smallGroups(1, 2);
    const room = { groups, places: places.map((place, index) => ({ ...place, sends: index === 0 })) };
    const window = { ...saturated(scale), inFlight: 1 };
    const sides = [await ours('sqlite', room, window), await bareSocketio('insert', room, window)];
    const runs = await interleave(sides, scale.runs, tell, WARM_UPS);
    const about = 'median latency ÷ one prepared insert per message';
    return { goals: [compare(runs, 'p50', OURS, EACH, { about, atMost: 1.1 })], sides: summary(runs) };
  },
};
