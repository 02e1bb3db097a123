import { sql } from 'kysely';
import type { Sql } from '../database.ts';
import { fixedStatement } from '../fixed-statement.ts';

/** The read state of a participant, and the lowest of the others': each of those is the first entry of an index. */
export type Standing = {
  conversationId: number;
  userId: number;
  readSeq: number;
  rangeCount: number;
  deliveredSeq: number;
  /** The number of the newest removal from the conversation. */
  removalSeq: number;
  /** Up to this number somebody may have missed something for good. */
  missedSeq: number;
  /** Null where there is nobody else. */
  othersDelivered: number | null;
  /** How many ranges the other has who has confirmed least; where none, nobody's ranges matter beyond `othersDelivered`. */
  othersDeliveredRanges: number | null;
  othersRead: number | null;
  /** The same of the other whose watermark is lowest. */
  othersReadRanges: number | null;
};

const OTHERS = 'from participants o where o.conversation_id = p.conversation_id and o.user_id <> p.user_id order by';
const selectStandings = sql.raw(`
  select p.conversation_id as "conversationId", p.user_id as "userId", p.read_seq as "readSeq",
    p.range_count as "rangeCount", p.delivered_seq as "deliveredSeq",
    c.removal_seq as "removalSeq", c.missed_seq as "missedSeq",
    (select o.delivered_seq ${OTHERS} o.delivered_seq limit 1) as "othersDelivered",
    (select o.range_count ${OTHERS} o.delivered_seq limit 1) as "othersDeliveredRanges",
    (select o.read_seq ${OTHERS} o.read_seq limit 1) as "othersRead",
    (select o.range_count ${OTHERS} o.read_seq limit 1) as "othersReadRanges"
  from participants p join conversations c on c.id = p.conversation_id`);

const findStanding = fixedStatement<{ conversationId: number; userId: number }, Standing>(
  (value) => sql`
    ${selectStandings} where p.conversation_id = ${value('conversationId')} and p.user_id = ${value('userId')}`,
);

/** @returns undefined for one who is not in the conversation */
export async function standingOf(db: Sql, userId: number, conversationId: number): Promise<Standing | undefined> {
  return (await findStanding(db, { conversationId, userId }))[0];
}

/** A user's standing in each of the conversations that they are in, by the conversation's id; one statement. */
export async function standingsOf(
  db: Sql,
  userId: number,
  conversationIds: readonly number[],
): Promise<Map<number, Standing>> {
  if (conversationIds.length === 0) return new Map();
  const { rows } = await sql<Standing>`
    ${selectStandings} where p.user_id = ${userId} and p.conversation_id in (${sql.join(conversationIds)})`.execute(db);
  return new Map(rows.map((row) => [row.conversationId, row]));
}
