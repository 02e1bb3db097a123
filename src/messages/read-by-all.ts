import type { Queries } from '../database/queries.ts';
import { RowStatement } from '../database/statement.ts';
import { MAX_COMPARED_MEMBERS } from './read-ranges.ts';

/** A message, and whether all have read it who were in the conversation when it was sent. */
export type ReadByAll = { id: number; senderId: number; isGroup: boolean; participantCount: number; isRead: boolean };
type Row = Omit<ReadByAll, 'participantCount'> & {
  conversationId: number;
  seq: number;
  missedSeq: number;
  participantCount: number | null;
};

/** The other members whose watermark is below the message. */
const BEHIND = `
  from participants o
  where o.conversation_id = m.conversation_id and o.user_id <> m.sender_id and o.read_seq < m.seq
  order by o.read_seq`;

/**
 * Reads at most one range of each of at most 100 members per message. If more are behind, they may have read it out of order,
 * but it does not count as read, as in lists.
 */
const findMessages = new RowStatement<Row>(
  (row) => `
    select m.id, m.conversation_id as "conversationId", m.seq, m.sender_id as "senderId", c.is_group as "isGroup",
      c.missed_seq as "missedSeq", c.participant_count as "participantCount",
      not exists (
        select 1 from (select o.user_id ${BEHIND} limit ${MAX_COMPARED_MEMBERS}) b
        where coalesce((
          select r.to_seq from read_ranges r
          where r.conversation_id = m.conversation_id and r.user_id = b.user_id and r.from_seq <= m.seq
          order by r.from_seq desc limit 1
        ), 0) < m.seq
      ) and not exists (select 1 ${BEHIND} limit 1 offset ${MAX_COMPARED_MEMBERS}) as "isRead"
    from messages m join conversations c on c.id = m.conversation_id${row.and} where m.id = ${row.int(0)}`,
);

const findBlocks = new RowStatement<{ id: number; unreadBy: number }>(
  (row) => `
    select ${row.int(3)} as id, b.unread_by as "unreadBy" from missed_blocks b${row.and}
    where b.conversation_id = ${row.int(0)} and b.level = ${row.int(1)} and b.place = ${row.int(2)}`,
);

/** @param messageIds at most 1,000 */
export async function findReadByAll(
  { run }: Pick<Queries, 'run'>,
  messageIds: readonly number[],
): Promise<ReadByAll[]> {
  const rows = await run(
    findMessages,
    messageIds.map((id) => [id]),
  );
  const missable = rows.filter(({ isRead, isGroup, seq, missedSeq }) => isRead && isGroup && seq <= missedSeq);
  const blocks = await run(findBlocks, missable.flatMap(placesOf));
  const senders = new Map(missable.map(({ id, senderId }) => [id, senderId]));
  const missed = new Set(blocks.filter(({ id, unreadBy }) => unreadBy !== senders.get(id)).map(({ id }) => id));
  return rows.map(({ id, senderId, isGroup, participantCount, isRead }) => ({
    id,
    senderId,
    isGroup: Boolean(isGroup),
    participantCount: participantCount ?? Number.POSITIVE_INFINITY,
    isRead: Boolean(isRead) && !missed.has(id),
  }));
}

/** Where former members who missed the message may have left a block: at one place of each level. */
function placesOf({ id, conversationId, seq }: Row): number[][] {
  const places: number[][] = [];
  for (let level = 0, place = seq; place > 0; level += 1, place = Math.floor(place / 2))
    places.push([conversationId, level, place, id]);
  return places;
}
