import { type GoRow, type GoRows, goHash } from './go-server.ts';

const START_MS = Date.UTC(2023, 0, 1);
const MINUTE_MS = 60_000;
const WORDS = 'the of and a to in is you that it he was for on are as with his they at be this have from'.split(' ');

/** A small generator of random numbers, the same each time (mulberry32). */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/**
 * The rows of a Go server with many people and messages: a tenth of the conversations are groups, one of them of everybody,
 * and half of the messages are in groups. Members have read most, in order and out of order.
 */
export function volumeOf({ people, messages, seed = 1 }: { people: number; messages: number; seed?: number }): GoRows {
  const random = randomOf(seed);
  const at = (minute: number) => new Date(START_MS + minute * MINUTE_MS);
  const password_hash = goHash('the same password');
  const users: GoRow[] = Array.from({ length: people }, (_, index) => ({
    id: index + 1,
    username: `person${index + 1}`,
    email: `person${index + 1}@example.com`,
    password_hash,
    profile_pic: null,
    created_at: at(index),
    last_active: at(people + messages),
  }));
  const person = () => random(people) + 1;
  const conversations: GoRow[] = [];
  const members: number[][] = [];
  const pairs = new Set<string>();
  const open = (isGroup: boolean, ids: readonly number[]) => {
    conversations.push({
      id: conversations.length + 1,
      name: isGroup ? `Group ${conversations.length + 1}` : null,
      is_group_chat: isGroup,
      created_at: at(people),
    });
    members.push([...new Set(ids)]);
  };
  open(
    true,
    users.map(({ id }) => Number(id)),
  );
  for (let made = 0; made < people; made += 1) {
    if (made % 10 === 0) open(true, Array.from({ length: 3 + random(20) }, person));
    const [low, high] = [person(), person()].sort((a, b) => a - b) as [number, number];
    if (low === high || pairs.has(`${low}:${high}`)) continue;
    pairs.add(`${low}:${high}`);
    open(false, [low, high]);
  }
  const groups = conversations.flatMap(({ is_group_chat }, index) => (is_group_chat === true ? [index] : []));
  const texts: GoRow[] = [];
  const statuses: GoRow[] = [];
  for (let id = 1; id <= messages; id += 1) {
    const index = id % 2 === 0 ? (groups[random(groups.length)] as number) : random(conversations.length);
    const ids = members[index] as number[];
    const sender = ids[random(ids.length)] as number;
    const content = Array.from({ length: 3 + random(20) }, () => WORDS[random(WORDS.length)]).join(' ');
    const sent_at = at(people + id);
    texts.push({
      id,
      conversation_id: index + 1,
      sender_id: sender,
      content,
      sent_at,
      is_deleted: random(100) === 0,
      edited_at: random(50) === 0 ? at(people + id + 1) : null,
    });
    for (const user of ids.length > 100 ? ids.slice(0, 20) : ids) {
      if (user === sender || random(10) < 2) continue;
      const isRead = random(10) < 8;
      statuses.push({
        message_id: id,
        user_id: user,
        status: isRead ? 'read' : 'delivered',
        read_at: isRead ? sent_at : null,
      });
    }
  }
  const participants = members.flatMap((ids, index) =>
    ids.map((user, place) => ({
      conversation_id: index + 1,
      user_id: user,
      is_admin: place === 0 && conversations[index]?.is_group_chat === true,
      joined_at: at(people),
    })),
  );
  return { users, conversations, participants, messages: texts, message_status: statuses };
}
