import { type RawBuilder, sql } from 'kysely';
import type { Sql } from '../database.ts';
import { fixedStatement } from '../fixed-statement.ts';
import { limit } from '../prepared-statements.ts';
import { type Interval, intersection, union } from './intervals.ts';
import type { Standing } from './standing.ts';

/**
 * So many members may be behind with a message, with ranges beyond their watermarks, and it is still found out whether
 * all of them have read it. With more of them it stays as it is: their number only falls, so no state is taken back.
 */
export const MOST_BEHIND = 100;

/** A member's watermarks and one of the ranges beyond them: null where there is none. */
type Row = { userId: number; readSeq: number; deliveredSeq: number; from: number | null; to: number | null };
/** Which of a participant's watermarks. */
export type Watermark = 'readSeq' | 'deliveredSeq';
type Asked = { conversationId: number; userId: number; from: number; to: number };

/**
 * The ranges `r` of a participant `p` that reach into a span: found by their index, without those before it. They come in
 * one statement with the watermark: between two, one could swallow the other, and a number would be in neither.
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

const findOwn = fixedStatement<Asked, Row>(
  (value) => sql`
    ${selectRows} from participants p ${rangesWithin(value('from'), value('to'))}
    where p.conversation_id = ${value('conversationId')} and p.user_id = ${value('userId')}`,
);

/** What a participant has read within a span; what they have read beside it may be missing. */
export async function readWithin(db: Sql, standing: Standing, span: Interval): Promise<Interval[]> {
  const { conversationId, userId, readSeq, rangeCount } = standing;
  if (rangeCount === 0 || span.to <= readSeq) return [{ from: 0, to: readSeq }];
  const rows = await findOwn(db, { conversationId, userId, ...span });
  return rows.length === 0 ? [{ from: 0, to: readSeq }] : coverage(rows);
}

type Behind = Asked & { most: number };
const behindBy = (column: string) =>
  fixedStatement<Behind, Row>(
    (value) => sql`
      ${selectRows} from (
        select o.conversation_id, o.user_id, o.read_seq, o.delivered_seq from participants o
        where o.conversation_id = ${value('conversationId')} and o.user_id <> ${value('userId')}
          and o.${sql.raw(column)} < ${value('to')}
        order by o.${sql.raw(column)} ${limit(value('most'))}
      ) p ${rangesWithin(value('from'), value('to'))}`,
  );
const findBehind = { readSeq: behindBy('read_seq'), deliveredSeq: behindBy('delivered_seq') };

/**
 * What all others are through with within a span: what each has read, and beyond that what is below their watermark.
 * @param most how many who are behind are looked at, at most; the next one's watermark is as far as it goes
 */
export async function commonOfOthers(
  db: Sql,
  { conversationId, userId }: Standing,
  watermark: Watermark,
  span: Interval,
  most: number,
): Promise<Interval[]> {
  const rows = await findBehind[watermark](db, { conversationId, userId, ...span, most: most + 1 });
  const members = [...Map.groupBy(rows, ({ userId: member }) => member).values()];
  const ordered = members.sort(([one], [other]) => (one as Row)[watermark] - (other as Row)[watermark]);
  const everything: Interval[] = [{ from: 0, to: Number.MAX_SAFE_INTEGER }];
  const common = ordered
    .slice(0, most)
    .map((each) => coverage(each, watermark))
    .reduce(intersection, everything);
  const next = ordered[most]?.[0];
  return next === undefined ? common : intersection(common, [{ from: 0, to: next[watermark] }]);
}

type Read = Pick<Row, 'readSeq' | 'from' | 'to'> & { deliveredSeq?: number };

/** What somebody is through with, by their rows: up to their watermark, or a higher one, and in their ranges. */
export const coverage = (rows: readonly Read[], watermark: Watermark = 'readSeq') =>
  union([
    { from: 0, to: Math.max(rows[0]?.readSeq ?? 0, rows[0]?.[watermark] ?? 0) },
    ...rows.flatMap(({ from, to }) => (from === null || to === null ? [] : [{ from, to }])),
  ]);
