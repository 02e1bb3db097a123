import { sql } from 'kysely';
import { object } from 'yup';
import type { Sql } from '../database.ts';
import { ChatError } from '../errors.ts';
import { idOfGroup, wholeNumber } from '../inputs.ts';
import { operation } from '../operation.ts';
import type { Presence } from '../presence/presence.ts';
import { timeOf } from '../time.ts';
import { cursorOf, cursorText, type Position, parseCursor } from './cursor.ts';
import { isParticipant } from './participation.ts';

const LARGEST_PAGE = 500;
const PARTICIPANTS_PER_COST = 100;
const BEFORE_ALL: Position = { at: 0, id: 0 };

type Listed = { id: number; username: string; profilePicture: string; lastSeen: number; isAdmin: boolean };

/** The people in a conversation, longest-standing first, a page at a time. */
export const listParticipants = operation({
  reads: { conversations: (_, { conversation_id }) => [conversation_id] },
  input: object({
    conversation_id: idOfGroup(),
    limit: wholeNumber(1).meta({ description: `At most so many; more than ${LARGEST_PAGE} is cut.`, example: 50 }),
    cursor: cursorText(),
  }),
  canWait: true,
  cost: ({ limit = LARGEST_PAGE }) => Math.ceil(Math.min(limit, LARGEST_PAGE) / PARTICIPANTS_PER_COST),
  async run({ conversation_id: conversationId, limit = LARGEST_PAGE, cursor }, { userId }, { database, presence }) {
    const after = cursor ? parseCursor(cursor) : BEFORE_ALL;
    const group = { conversationId, userId };
    const positions = await findPositions(database.sql, group);
    if (positions.length === 0) throw new ChatError('not_participant');
    const left = positions.filter((each) => byStanding(each, after) > 0).sort(byStanding);
    const page = left.slice(0, Math.min(limit, LARGEST_PAGE));
    const rows = await findListed(database.sql, group, page);
    if (rows.length === 0 && page.length > 0) throw new ChatError('not_participant'); // removed since
    const found = new Map(rows.map((row) => [row.id, participantOf(row, presence)]));
    const last = page.at(-1);
    return {
      participants: page.flatMap(({ id }) => found.get(id) ?? []),
      ...(left.length > page.length && last !== undefined && { next_cursor: cursorOf(last) }),
    };
  },
});

type Group = { conversationId: number; userId: number };

/** Of all members, who are at most 5,000: they are sorted here, as an index for it would have to be kept for each of them. */
async function findPositions(db: Sql, { conversationId, userId }: Group): Promise<Position[]> {
  const { rows } = await sql<Position>`
    select user_id as id, joined_at as at from participants
    where conversation_id = ${conversationId} and ${isParticipant(userId, conversationId)}`.execute(db);
  return rows;
}

const byStanding = (one: Position, other: Position) => one.at - other.at || one.id - other.id;

async function findListed(db: Sql, { conversationId, userId }: Group, page: readonly Position[]): Promise<Listed[]> {
  if (page.length === 0) return [];
  const { rows } = await sql<Listed>`
    select u.id, u.username, u.profile_picture as "profilePicture", u.last_seen as "lastSeen", p.is_admin as "isAdmin"
    from participants p join users u on u.id = p.user_id
    where p.conversation_id = ${conversationId} and p.user_id in (${sql.join(page.map(({ id }) => id))})
      and ${isParticipant(userId, conversationId)}`.execute(db);
  return rows;
}

const participantOf = ({ id, username, profilePicture, lastSeen, isAdmin }: Listed, presence: Presence) => ({
  id,
  username,
  profile_picture: profilePicture,
  is_admin: Boolean(isAdmin),
  online: presence.isOnline(id),
  last_seen: timeOf(presence.lastSeen(id, lastSeen)),
});
