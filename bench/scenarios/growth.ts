import { startLoad } from '../load/load-process.ts';
import type { OperationsWindow, TimedCall } from '../load/operations.ts';
import { compare, type GoalResult } from '../measurement/goals.ts';
import type { Contender, Runs } from '../measurement/interleave.ts';
import type { Scale } from '../scale.ts';
import type { Scenario } from '../scenario.ts';
import { analyze, type Conversations, fillConversations, fillUsers, lastSeqOf } from '../servers/fill-database.ts';
import { type Kind, startMmChat } from '../servers/mmchat.ts';

const AT_MOST = 1.3;
const FURTHER_USERS = 200;
const MESSAGES_PER_USER = 100;
const BEHIND = 20;
const HOUR_MS = 3_600_000;
/** The users who call: one who reads everything, one who has read nothing, one with very many conversations. */
const [READER, NON_READER, BUSY] = [1, 2, 11];
const LARGE_GROUP_FIRST_USER = 101;

/** Half of all messages are in conversation 1, a quarter in 49 more of its five members, and a quarter in others. */
function conversationsOf(messages: number): Conversations[] {
  const members = { firstUser: 1, members: 5 };
  const others = Math.max(1, Math.round(messages / 1_000));
  return [
    { ...members, first: 1, count: 1, messages: messages / 2 },
    { ...members, first: 2, count: 49, messages: Math.max(1, Math.round(messages / 4 / 49)) },
    { first: 51, count: others, firstUser: 6, members: 5, messages: Math.round(messages / 4 / others) },
  ];
}

/** In the largest database: a user with many conversations, one of them active each hour, and a group with many members. */
const largeOf = (messages: number, size: number): [busy: Conversations, group: Conversations] => {
  const first = 51 + Math.max(1, Math.round(messages / 1_000));
  return [
    { first, count: size, firstUser: BUSY, members: 2, messages: 1, everyMs: HOUR_MS },
    { first: first + size, count: 1, firstUser: LARGE_GROUP_FIRST_USER, members: size, messages: 100 },
  ];
};

const growth = (name: string, kind: Kind, database: string): Scenario => ({
  name,
  about: `single calls on ${database} databases of 1,000 to 1,000,000 messages`,
  async start({ scale, checkout, progress }) {
    const contenders: Contender[] = [];
    for (const messages of scale.sizes) {
      progress(`inserting ${messages} messages`);
      contenders.push(await contender(checkout, kind, messages, messages === scale.sizes.at(-1), scale));
    }
    return contenders;
  },
  goals: goalsOf,
});

export const growthOnSqlite = growth('growth', 'sqlite', 'SQLite');
export const growthOnPostgresql = growth('growth-pg', 'postgresql', 'PostgreSQL');

const nameOf = (messages: number) => `${messages.toLocaleString('en')} messages`;

async function contender(
  checkout: string,
  kind: Kind,
  messages: number,
  isLargest: boolean,
  { large, calls: times }: Scale,
): Promise<Contender> {
  const [busy, group] = largeOf(messages, large);
  const server = await startMmChat(checkout, kind, async (database) => {
    const users = FURTHER_USERS + Math.max(messages / MESSAGES_PER_USER, isLargest ? large : 0);
    await fillUsers(database, users);
    for (const conversations of conversationsOf(messages)) await fillConversations(database, conversations);
    if (isLargest) for (const conversations of [busy, group]) await fillConversations(database, conversations);
    await analyze(database);
  });
  const users = isLargest ? [READER, NON_READER, BUSY, LARGE_GROUP_FIRST_USER] : [READER, NON_READER];
  const clients = users.map((userId) => ({
    url: server.url,
    protocol: 'socketio' as const,
    token: server.tokenOf(userId),
  }));
  const calls = isLargest ? [...callsFor(messages), ...largeCalls(group.first)] : callsFor(messages);
  const load = await startLoad<'operations', OperationsWindow>('operations', { clients, calls });
  return {
    name: nameOf(messages),
    window: () => load.window({ times }),
    async stop() {
      await load.stop();
      await server.stop();
    },
  };
}

const LIST = '"limit":50';
const CONTENT = '"content":"How long does this take?"';

/** The input of `sync` for a client that is twenty changes behind in conversation 1 and up to date elsewhere. */
function knownSeqs(messages: number): string {
  const seqs = conversationsOf(messages)
    .slice(0, 2)
    .flatMap((all) => Array.from({ length: all.count }, (_, index) => [all.first + index, lastSeqOf(all)]));
  return JSON.stringify({ ...Object.fromEntries(seqs), 1: (seqs[0]?.[1] ?? 0) - BEHIND });
}

function callsFor(messages: number): TimedCall[] {
  return [
    { name: 'list of conversations', client: 0, operation: 'list_conversations', fields: LIST },
    { name: 'list, nothing read', client: 1, operation: 'list_conversations', fields: LIST },
    { name: 'newest page', client: 0, operation: 'list_messages', fields: '"conversation_id":1' },
    { name: 'page at an offset', client: 0, operation: 'list_messages', fields: '"conversation_id":1,"offset":200' },
    {
      name: 'page before a message',
      client: 0,
      operation: 'list_messages',
      fields: `"conversation_id":1,"before":${messages / 4}`,
    },
    { name: 'sync', client: 0, operation: 'sync', fields: `"conversations":${knownSeqs(messages)}` },
    { name: 'search for users', client: 0, operation: 'search_users', fields: '"q":"ser1"' },
    { name: 'send', client: 0, operation: 'message', fields: `"conversation_id":1,${CONTENT}` },
  ];
}

const largeCalls = (largeGroup: number): TimedCall[] => [
  { name: 'list of 10,000 conversations', client: 2, operation: 'list_conversations', fields: LIST },
  {
    name: 'page in a group of 10,000',
    client: 3,
    operation: 'list_messages',
    fields: `"conversation_id":${largeGroup}`,
  },
  {
    name: 'send to a group of 10,000',
    client: 3,
    operation: 'message',
    fields: `"conversation_id":${largeGroup},${CONTENT}`,
  },
];

/** The call that each large call is compared with, in the same database, and its size. */
const COMPARED_WITH: Record<string, [name: string, size: string]> = {
  'list of 10,000 conversations': ['list of conversations', 'list of 50'],
  'page in a group of 10,000': ['newest page', 'in a group of 5'],
  'send to a group of 10,000': ['send', 'to a group of 5'],
};

function goalsOf(runs: Runs, { sizes }: Scale): GoalResult[] {
  const [smallest, largest] = [nameOf(sizes[0] as number), nameOf(sizes.at(-1) as number)]; // two sizes or more
  const grown = callsFor(0).map(({ name }) =>
    compare(runs, name, largest, smallest, { about: `${name}: ${largest} ÷ ${smallest}`, atMost: AT_MOST }),
  );
  const within = Object.entries(COMPARED_WITH).map(([name, [other, size]]) => {
    const windows = runs.get(largest) ?? [];
    const pair = new Map([
      [name, windows.map((window) => ({ ms: window[name] ?? Number.NaN }))],
      [other, windows.map((window) => ({ ms: window[other] ?? Number.NaN }))],
    ]);
    return compare(pair, 'ms', name, other, { about: `${name} ÷ ${size}`, atMost: AT_MOST });
  });
  return [...grown, ...within];
}
