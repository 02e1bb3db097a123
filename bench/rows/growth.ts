import { startLoad } from '../load/load.ts';
import type { Asked, OperationsWindow } from '../load/operations.ts';
import { compare, interleave, type Runs, type Side, summary } from '../measuring/interleave.ts';
import type { Reached, Row } from '../row.ts';
import type { Scale } from '../scale.ts';
import { analyze, fillTalk, fillUsers, lastSeqOf, type Talk } from '../servers/filling.ts';
import { type Kind, startOurs } from '../servers/ours.ts';

const AT_MOST = 1.3;
const USERS_BESIDE = 200;
const MESSAGES_PER_USER = 100;
const BEHIND = 20;
const HOUR_MS = 3_600_000;
/** The users who are asked for: one who keeps up, one who has never read anything, one with very many conversations. */
const [READER, NON_READER, BUSY] = [1, 2, 11];
const LARGE_GROUP_FIRST_USER = 101;

/** Half of all messages are in conversation 1, a quarter in the other 49 of its five members, a quarter elsewhere. */
function talksOf(messages: number): Talk[] {
  const home = { firstUser: 1, members: 5 };
  const elsewhere = Math.max(1, Math.round(messages / 1_000));
  return [
    { ...home, first: 1, count: 1, messages: messages / 2 },
    { ...home, first: 2, count: 49, messages: Math.max(1, Math.round(messages / 4 / 49)) },
    { first: 51, count: elsewhere, firstUser: 6, members: 5, messages: Math.round(messages / 4 / elsewhere) },
  ];
}

/**
 * In every database, whatever its size: a user with many conversations, one of which was active each hour, and a group
 * with many members.
 */
const manyOf = (messages: number, many: number): [busy: Talk, large: Talk] => {
  const first = 51 + Math.max(1, Math.round(messages / 1_000));
  return [
    { first, count: many, firstUser: BUSY, members: 2, messages: 1, everyMs: HOUR_MS },
    { first: first + many, count: 1, firstUser: LARGE_GROUP_FIRST_USER, members: many, messages: 100 },
  ];
};

const growth = (name: string, kind: Kind, database: string): Row => ({
  name,
  about: `operations at ${database} databases of growing size, one at a time`,
  async run(scale, tell) {
    const sides: Side[] = [];
    for (const messages of scale.sizes) {
      tell(`filling in ${messages} messages`);
      sides.push(await sideOf(kind, messages, messages === scale.sizes.at(-1), scale));
    }
    const runs = await interleave(sides, scale.runs, tell);
    return { goals: goalsOf(runs, scale), sides: summary(runs) };
  },
});

export const growthOnSqlite = growth('growth', 'sqlite', 'SQLite');
export const growthOnPostgresql = growth('growth-pg', 'postgresql', 'PostgreSQL');

const nameOf = (messages: number) => `${messages.toLocaleString('en')} messages`;

async function sideOf(kind: Kind, messages: number, isLargest: boolean, { many, times }: Scale): Promise<Side> {
  const [busy, large] = manyOf(messages, many);
  const server = await startOurs(kind, async (database) => {
    const users = USERS_BESIDE + Math.max(messages / MESSAGES_PER_USER, isLargest ? many : 0);
    await fillUsers(database, users);
    for (const talk of talksOf(messages)) await fillTalk(database, talk);
    if (isLargest) for (const talk of [busy, large]) await fillTalk(database, talk);
    await analyze(database);
  });
  const users = isLargest ? [READER, NON_READER, BUSY, LARGE_GROUP_FIRST_USER] : [READER, NON_READER];
  const members = users.map((userId) => ({
    url: server.url,
    protocol: 'socketio' as const,
    token: server.tokenOf(userId),
  }));
  const asked = isLargest ? [...always(messages), ...inMany(large.first)] : always(messages);
  const load = await startLoad<'operations', OperationsWindow>('operations', { members, asked });
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

/** What a client knows that is twenty changes behind in conversation 1, and nowhere else. */
function known(messages: number): string {
  const seqs = talksOf(messages)
    .slice(0, 2)
    .flatMap((talk) => Array.from({ length: talk.count }, (_, at) => [talk.first + at, lastSeqOf(talk)]));
  return JSON.stringify({ ...Object.fromEntries(seqs), 1: (seqs[0]?.[1] ?? 0) - BEHIND });
}

function always(messages: number): Asked[] {
  return [
    { name: 'list of conversations', member: 0, operation: 'list_conversations', fields: LIST },
    { name: 'list, nothing ever read', member: 1, operation: 'list_conversations', fields: LIST },
    { name: 'newest page', member: 0, operation: 'list_messages', fields: '"conversation_id":1' },
    { name: 'page at an offset', member: 0, operation: 'list_messages', fields: '"conversation_id":1,"offset":200' },
    {
      name: 'page before a message',
      member: 0,
      operation: 'list_messages',
      fields: `"conversation_id":1,"before":${messages / 4}`,
    },
    { name: 'sync', member: 0, operation: 'sync', fields: `"conversations":${known(messages)}` },
    { name: 'search for users', member: 0, operation: 'search_users', fields: '"q":"ser1"' },
    { name: 'send', member: 0, operation: 'message', fields: `"conversation_id":1,${CONTENT}` },
  ];
}

const inMany = (largeGroup: number): Asked[] => [
  { name: 'list of 10,000 conversations', member: 2, operation: 'list_conversations', fields: LIST },
  {
    name: 'page in a group of 10,000',
    member: 3,
    operation: 'list_messages',
    fields: `"conversation_id":${largeGroup}`,
  },
  {
    name: 'send to a group of 10,000',
    member: 3,
    operation: 'message',
    fields: `"conversation_id":${largeGroup},${CONTENT}`,
  },
];

/** What each of the large ones is held against, in the same database. */
const LIKE: Record<string, string> = {
  'list of 10,000 conversations': 'list of conversations',
  'page in a group of 10,000': 'newest page',
  'send to a group of 10,000': 'send',
};

function goalsOf(runs: Runs, { sizes }: Scale): Reached[] {
  const [smallest, largest] = [nameOf(sizes[0] as number), nameOf(sizes.at(-1) as number)]; // there are two or more
  const grown = always(0).map(({ name }) =>
    compare(runs, name, largest, smallest, { about: `${name}: at ${largest} ÷ at ${smallest}`, atMost: AT_MOST }),
  );
  const within = Object.entries(LIKE).map(([name, like]) => {
    const both = runs.get(largest) ?? [];
    const pair = new Map([
      [name, both.map((window) => ({ ms: window[name] ?? Number.NaN }))],
      [like, both.map((window) => ({ ms: window[like] ?? Number.NaN }))],
    ]);
    return compare(pair, 'ms', name, like, { about: `${name} ÷ ${like} of 50 or 5`, atMost: AT_MOST });
  });
  return [...grown, ...within];
}
