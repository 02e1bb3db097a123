import type { Sql } from '../database/queries.ts';
import { ChatError } from '../operation/errors.ts';
import * as field from '../operation/fields.ts';
import { idOfGroup, wholeNumber } from '../operation/inputs.ts';
import { query } from '../operation/operation.ts';
import type { Presence } from '../presence/presence.ts';
import { timeOf } from '../time.ts';
import { cursorOf, cursorText, type Position, parseCursor } from './cursor.ts';
import { isParticipant } from './participation.ts';
import { participantField } from './result-fields.ts';

const MAX_PAGE = 500;
const PARTICIPANTS_PER_COST = 100;
const BEFORE_ALL: Position = { at: 0, id: 0 };

type Listed = { id: number; username: string; profilePicture: string; lastSeen: number; isAdmin: boolean };

/** The participants of a conversation in the order in which they joined, a page at a time. */
export const listParticipants = query('list_participants', {
  http: 'GET /api/conversations/:conversation_id/participants',
  summary: 'The participants of a conversation, in the order in which they joined',
  details: 'A page: if there are more, `next_cursor` is present; send it as `cursor`.',
  reads: { conversations: (_, { conversation_id }) => [conversation_id] },
  input: {
    conversation_id: idOfGroup(),
    limit: wholeNumber(1).meta({
      description: `The maximum number of participants, at most ${MAX_PAGE}.`,
      example: 50,
    }),
    cursor: cursorText(),
  },
  result: {
    participants: field.list(participantField, 'The page.'),
    next_cursor: field.optional(field.text('For `cursor`, if there are more.', '1758376440000-42')),
  },
  errors: ['not_participant'],
  canWait: true,
  cost: ({ limit = MAX_PAGE }) => Math.ceil(Math.min(limit, MAX_PAGE) / PARTICIPANTS_PER_COST),
  async run({ conversation_id: conversationId, limit = MAX_PAGE, cursor }, { userId }, { database, presence }) {
    const after = cursor ? parseCursor(cursor) : BEFORE_ALL;
    const group = { conversationId, userId };
    const positions = await findPositions(database.sql, group);
    if (positions.length === 0) throw new ChatError('not_participant');
    const left = positions.filter((each) => byJoinTime(each, after) > 0).sort(byJoinTime);
    const page = left.slice(0, Math.min(limit, MAX_PAGE));
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

/** The positions of all members, at most 5,000. They are sorted here, which is cheaper than an index on `joined_at`. */
const findPositions = (db: Sql, { conversationId, userId }: Group): Promise<Position[]> =>
  db
    .selectFrom('participants')
    .select(['user_id as id', 'joined_at as at'])
    .where('conversation_id', '=', conversationId)
    .where(isParticipant(userId, conversationId))
    .execute();

const byJoinTime = (one: Position, other: Position) => one.at - other.at || one.id - other.id;

async function findListed(db: Sql, { conversationId, userId }: Group, page: readonly Position[]): Promise<Listed[]> {
  if (page.length === 0) return [];
  return db
    .selectFrom('participants as p')
    .innerJoin('users as u', 'u.id', 'p.user_id')
    .select(['u.id', 'u.username', 'u.profile_picture as profilePicture', 'u.last_seen as lastSeen'])
    .select('p.is_admin as isAdmin')
    .where('p.conversation_id', '=', conversationId)
    .where(
      'p.user_id',
      'in',
      page.map(({ id }) => id),
    )
    .where(isParticipant(userId, conversationId))
    .execute();
}

const participantOf = ({ id, username, profilePicture, lastSeen, isAdmin }: Listed, presence: Presence) => ({
  id,
  username,
  profile_picture: profilePicture,
  is_admin: Boolean(isAdmin),
  online: presence.isOnline(id),
  last_seen: timeOf(presence.lastSeen(id, lastSeen)),
});
