import { type RawBuilder, sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import { limit } from '../database/queries.ts';
import { Statement } from '../database/statement.ts';
import type { ReadPositions } from './read-positions.ts';
import { intersection, type SeqRange, union } from './seq-ranges.ts';

/**
 * The maximum number of members behind a message whose read ranges are compared, to determine whether all have read it. While
 * more are behind, the status does not advance; it is never withdrawn, as their number only falls.
 */
export const MAX_COMPARED_MEMBERS = 100;

/** The watermarks of a member, and one of the member's read ranges or null. */
type Row = { userId: number; readSeq: number; deliveredSeq: number; from: number | null; to: number | null };
export type Watermark = 'readSeq' | 'deliveredSeq';
type RangeQuery = { conversationId: number; userId: number; from: number; to: number };

/**
 * Joins the ranges `r` of a participant `p` that overlap a span, found by their index. Ranges and watermark have to be read
 * in one statement: between two statements the watermark can absorb a range.
 */
export const rangesWithin = (from: RawBuilder<unknown>, to?: RawBuilder<unknown>) => sql`
  left join read_ranges r on r.conversation_id = p.conversation_id and r.user_id = p.user_id
    and r.to_seq >= ${from} ${to === undefined ? sql`` : sql`and r.from_seq <= ${to}`} and r.from_seq >= coalesce((
      select max(f.from_seq) from read_ranges f
      where f.conversation_id = p.conversation_id and f.user_id = p.user_id and f.from_seq <= ${from}
    ), 0)`;

const selectRows = sql.raw(`
  select p.user_id as "userId", p.read_seq as "readSeq", p.delivered_seq as "deliveredSeq", r.from_seq as "from",
    r.to_seq as "to"`);

const findOwn = new Statement<RangeQuery, Row>(
  (value) => sql`
    ${selectRows} from participants p ${rangesWithin(value('from'), value('to'))}
    where p.conversation_id = ${value('conversationId')} and p.user_id = ${value('userId')}`,
);

/** The ranges that a participant has read within a span; ranges outside of it may be missing. */
export async function readWithin(db: Queries, positions: ReadPositions, span: SeqRange): Promise<SeqRange[]> {
  const { conversationId, userId, readSeq, rangeCount } = positions;
  if (rangeCount === 0 || span.to <= readSeq) return [{ from: 0, to: readSeq }];
  const rows = await db.all(findOwn, { conversationId, userId, ...span });
  return rows.length === 0 ? [{ from: 0, to: readSeq }] : coverage(rows);
}

type MembersQuery = RangeQuery & { most: number };
const membersBehindBy = (column: string) =>
  new Statement<MembersQuery, Row>(
    (value) => sql`
      ${selectRows} from (
        select o.conversation_id, o.user_id, o.read_seq, o.delivered_seq from participants o
        where o.conversation_id = ${value('conversationId')} and o.user_id <> ${value('userId')}
          and o.${sql.raw(column)} < ${value('to')}
        order by o.${sql.raw(column)} ${limit(value('most'))}
      ) p ${rangesWithin(value('from'), value('to'))}`,
  );
const findMembersBehind = { readSeq: membersBehindBy('read_seq'), deliveredSeq: membersBehindBy('delivered_seq') };

/**
 * The ranges within a span that all others have read, or confirmed if `watermark` is `deliveredSeq`.
 * @param most the maximum number of members behind to compare; the result ends at the watermark of the next one
 */
export async function commonToOthers(
  db: Queries,
  { conversationId, userId }: ReadPositions,
  watermark: Watermark,
  span: SeqRange,
  most: number,
): Promise<SeqRange[]> {
  const rows = await db.all(findMembersBehind[watermark], { conversationId, userId, ...span, most: most + 1 });
  const members = [...Map.groupBy(rows, ({ userId: member }) => member).values()];
  const ordered = members.sort(([one], [other]) => (one as Row)[watermark] - (other as Row)[watermark]);
  const everything: SeqRange[] = [{ from: 0, to: Number.MAX_SAFE_INTEGER }];
  const common = ordered
    .slice(0, most)
    .map((each) => coverage(each, watermark))
    .reduce(intersection, everything);
  const next = ordered[most]?.[0];
  return next === undefined ? common : intersection(common, [{ from: 0, to: next[watermark] }]);
}

type Read = Pick<Row, 'readSeq' | 'from' | 'to'> & { deliveredSeq?: number };

/** The ranges that a member has read or confirmed, by the member's rows. */
export const coverage = (rows: readonly Read[], watermark: Watermark = 'readSeq') =>
  union([
    { from: 0, to: Math.max(rows[0]?.readSeq ?? 0, rows[0]?.[watermark] ?? 0) },
    ...rows.flatMap(({ from, to }) => (from === null || to === null ? [] : [{ from, to }])),
  ]);
