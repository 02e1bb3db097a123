import { sql } from 'kysely';
import { type Batch, int8 } from '../conversations/batch.ts';
import type { Participation } from '../conversations/participation.ts';
import { covers, gapsOf, type Interval, union } from './intervals.ts';
import type { ReadMessage } from './message-rows.ts';

/** Gaps in a span longer than this are left alone: what is counted stays exact, only two islands stay apart. */
const LONGEST_SPAN = 2_000;

type Next = { readSeq: number; ranges: readonly Interval[]; delivered: number; settled: number };
type InGap = { seq: number; senderId: number; deleted: boolean };

/**
 * A participant's read state, changed by reading: a watermark, and islands of what was read beyond it. `settled` counts
 * the conversation's messages that are covered by either, or the participant's own; unread follows from it.
 */
export class Reading {
  readonly #batch: Batch;
  readonly #who: Participation;

  constructor(batch: Batch, who: Participation) {
    this.#batch = batch;
    this.#who = who;
  }

  /**
   * Marks messages of this conversation as read; gives the ids of those of others that were not before.
   * Deleted ones have been settled by that.
   */
  async mark(named: readonly ReadMessage[]): Promise<number[]> {
    const ahead = named.filter(({ seq }) => seq > this.#who.readSeq);
    if (ahead.length === 0) return [];
    const islands = await this.#islandsAround(
      Math.min(...ahead.map(({ seq }) => seq)),
      Math.max(...ahead.map(({ seq }) => seq)),
    );
    const fresh = ahead.filter(({ seq, senderId }) => senderId !== this.#who.userId && !covers(islands, seq));
    if (fresh.length === 0) return [];
    const counted = fresh.filter(({ event, deleted }) => event === null && !deleted).length;
    await this.#store(
      islands,
      fresh.map(({ seq }) => ({ from: seq, to: seq })),
      counted,
    );
    return fresh.map(({ id }) => id).sort((a, b) => a - b);
  }

  /** The islands that reach into a span, and the nearest one on either side of it. */
  async #islandsAround(from: number, to: number): Promise<Interval[]> {
    if (this.#who.rangeCount === 0) return [];
    const mine = sql`conversation_id = ${this.#who.conversationId} and user_id = ${this.#who.userId} and to_seq > ${this.#who.readSeq}`;
    const { rows } = await sql<Interval>`
      select from_seq as "from", to_seq as "to" from read_ranges where ${mine}
        and from_seq >= coalesce((select max(from_seq) from read_ranges where ${mine} and from_seq <= ${from}), 0)
        and from_seq <= coalesce((select min(from_seq) from read_ranges where ${mine} and from_seq >= ${to}), ${to})
      order by from_seq`.execute(this.#batch.sql);
    return rows;
  }

  async #store(islands: readonly Interval[], points: readonly Interval[], counted: number): Promise<void> {
    const lowestPoint = Math.min(...points.map(({ from }) => from));
    const watermark = { from: 0, to: this.#who.readSeq };
    // where an island lies below, the watermark is no neighbour: other islands may lie between the two
    const neighbours = islands.some(({ from }) => from <= lowestPoint) ? islands : [watermark, ...islands];
    const covered = union([...neighbours, ...points]);
    const ranges = union([...covered, ...(await this.#closable(gapsOf(covered)))]);
    const readSeq = ranges[0]?.from === 0 ? (ranges.shift() as Interval).to : this.#who.readSeq;
    const delivered = Math.max(...points.map(({ to }) => to));
    await this.#replace(islands, { readSeq, ranges, delivered, settled: counted });
  }

  /** The gaps in which nothing is left to read. */
  async #closable(gaps: readonly Interval[]): Promise<Interval[]> {
    const near = gaps.filter(({ from, to }) => to - from < LONGEST_SPAN);
    const [first, last] = [near[0], near.at(-1)];
    if (first === undefined || last === undefined || last.to - first.from > LONGEST_SPAN) return [];
    const { rows } = await sql<InGap>`
      select seq, sender_id as "senderId", deleted_at is not null as deleted from messages
      where conversation_id = ${this.#who.conversationId} and seq between ${first.from} and ${last.to} and event is null
      order by seq`.execute(this.#batch.sql);
    const within = ({ from, to }: Interval) => rows.filter(({ seq }) => from <= seq && seq <= to);
    const open = ({ senderId, deleted }: InGap) => senderId !== this.#who.userId && !deleted;
    return near.filter((gap) => !within(gap).some(open));
  }

  async #replace(old: readonly Interval[], next: Next): Promise<void> {
    const { conversationId, userId } = this.#who;
    const mine = sql`conversation_id = ${conversationId} and user_id = ${userId}`;
    const kept = new Map(next.ranges.map(({ from, to }) => [from, to]));
    const gone = old.filter(({ from, to }) => kept.get(from) !== to);
    const came = next.ranges.filter(({ from, to }) => !old.some((each) => each.from === from && each.to === to));
    if (gone.length > 0) {
      await sql`delete from read_ranges where ${mine} and from_seq in (${sql.join(gone.map(({ from }) => from))})`.execute(
        this.#batch.sql,
      );
    }
    if (came.length > 0) {
      const rows = came.map(
        ({ from, to }) => sql`(${int8(conversationId)}, ${int8(userId)}, ${int8(from)}, ${int8(to)})`,
      );
      await sql`insert into read_ranges (conversation_id, user_id, from_seq, to_seq) values ${sql.join(rows)}`.execute(
        this.#batch.sql,
      );
    }
    await sql`
      update participants set read_seq = ${next.readSeq}, settled = settled + ${next.settled},
        range_count = range_count + ${came.length - gone.length},
        delivered_seq = case when delivered_seq < ${next.delivered} then ${next.delivered} else delivered_seq end
      where ${mine}`.execute(this.#batch.sql);
  }
}
