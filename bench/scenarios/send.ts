import { compare } from '../measurement/goals.ts';
import type { Scale } from '../scale.ts';
import type { Scenario } from '../scenario.ts';
import {
  BARE_SOCKETIO,
  bareSocketio,
  type Chat,
  FLUSH_EACH,
  INSERT_EACH,
  MMCHAT,
  mmchat,
  smallGroups,
} from './chat-contenders.ts';

const PER_SENDER = 4;
const WARM_UPS = 2;

const saturated = ({ seconds, warmSeconds }: Scale) => ({ seconds, warmSeconds, inFlight: PER_SENDER });
/** Conversations of this size, with as many users as the sends in flight require. */
const chatOf = ({ inFlight }: Scale, size: number): Chat =>
  smallGroups(Math.max(1, Math.round(inFlight / PER_SENDER / size)), size);

export const send: Scenario = {
  name: 'send',
  about: 'acknowledged durable sends, 200 in flight, conversations of 2, SQLite synchronous=FULL',
  warmUps: WARM_UPS,
  async start({ scale, checkout, baselines }) {
    const [chat, window] = [chatOf(scale, 2), saturated(scale)];
    const contenders = [await mmchat(checkout, 'sqlite', chat, window)];
    if (baselines)
      for (const storage of ['insert', 'flush'] as const) contenders.push(await bareSocketio(storage, chat, window));
    return contenders;
  },
  goals: (runs) => [
    compare(runs, 'rate', MMCHAT, INSERT_EACH, { about: 'rate ÷ one prepared insert per message', atLeast: 5 }),
    compare(runs, 'rate', MMCHAT, FLUSH_EACH, { about: 'rate ÷ em.create + flush per message', atLeast: 14 }),
  ],
};

const sendFive = (name: string, kind: 'sqlite' | 'postgresql', database: string, atLeast: number): Scenario => ({
  name,
  about: `acknowledged durable sends, 200 in flight, conversations of 5, ${database}`,
  warmUps: WARM_UPS,
  async start({ scale, checkout, baselines }) {
    const [chat, window] = [chatOf(scale, 5), saturated(scale)];
    const contenders = [await mmchat(checkout, kind, chat, window)];
    if (baselines) contenders.push(await bareSocketio('nothing', chat, window));
    return contenders;
  },
  goals(runs) {
    const about = 'rate ÷ bare Socket.IO that stores nothing and sends to the same 5';
    return [compare(runs, 'rate', MMCHAT, BARE_SOCKETIO, { about, atLeast })];
  },
});

export const sendToFive = sendFive('send5', 'sqlite', 'SQLite synchronous=FULL', 2);
export const sendOnPostgresql = sendFive('send5-pg', 'postgresql', 'PostgreSQL', 1.6);

export const sendOne: Scenario = {
  name: 'one',
  about: 'one acknowledged durable send at a time, conversation of 2, SQLite synchronous=FULL',
  warmUps: WARM_UPS,
  async start({ scale, checkout, baselines }) {
    const { groups, users } = smallGroups(1, 2);
    const chat = { groups, users: users.map((user, index) => ({ ...user, sends: index === 0 })) };
    const window = { ...saturated(scale), inFlight: 1 };
    const contenders = [await mmchat(checkout, 'sqlite', chat, window)];
    if (baselines) contenders.push(await bareSocketio('insert', chat, window));
    return contenders;
  },
  goals(runs) {
    const about = 'median latency ÷ one prepared insert per message';
    return [compare(runs, 'p50', MMCHAT, INSERT_EACH, { about, atMost: 1.1 })];
  },
};
