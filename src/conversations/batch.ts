import { sql } from 'kysely';
import type { Queries, Sql } from '../database.ts';
import { EachRow, type RunEach } from '../each-row.ts';
import { dayOf } from '../time.ts';

/** A conversation's row, locked until the batch is committed; what is changed here is written back once, at its end. */
export type LockedConversation = {
  readonly id: number;
  readonly isGroup: boolean;
  readonly name: string | null;
  lastSeq: number;
  removalSeq: number;
  messageCount: number;
  /** The number of the newest message, if the batch has any. */
  lastMessageSeq: number | null;
  activityAt: number;
  /** The activity that it had before this batch. */
  readonly activeBefore: number;
};

const lockConversation = new EachRow<LockedConversation>(
  (row) => `
    select c.id, c.is_group as "isGroup", c.name, c.last_seq as "lastSeq", c.removal_seq as "removalSeq",
      c.message_count as "messageCount", null as "lastMessageSeq", c.activity_at as "activityAt",
      c.activity_at as "activeBefore"
    from conversations c${row.and} where c.id = ${row.int(0)} ${row.locked('c', 'c.id')}`,
);

const storeConversation = new EachRow(
  (row) => `
    update conversations
    set last_seq = ${row.int(1)}, message_count = ${row.int(2)}, activity_at = ${row.int(3)}, removal_seq = ${row.int(4)},
      last_message_id = coalesce(
        (select m.id from messages m where m.conversation_id = ${row.int(0)} and m.seq = ${row.int(5)}), last_message_id
      )
    ${row.from} where id = ${row.int(0)}`,
);

const storeDay = new EachRow(
  (row) => `update participants set activity_day = ${row.int(1)} ${row.from} where conversation_id = ${row.int(0)}`,
);

/** One transaction of the group commit: the locked conversations, and the numbers that their changes get. */
export class Batch {
  readonly sql: Sql;
  readonly run: RunEach;
  /** The moment that all changes of the batch bear, milliseconds since 1970. */
  readonly now: number;
  readonly #conversations: ReadonlyMap<number, LockedConversation>;
  readonly #changed = new Set<LockedConversation>();
  readonly #writes: Promise<unknown>[] = [];

  private constructor({ sql: db, run }: Queries, conversations: readonly LockedConversation[], now: number) {
    this.now = now;
    this.sql = db;
    this.run = run;
    this.#conversations = new Map(conversations.map((each) => [each.id, each]));
  }

  /** Locks the conversations in the order of their ids, so that two batches never wait for each other in a circle. */
  static async begin(transaction: Queries, ids: ReadonlySet<number>, now: number): Promise<Batch> {
    const rows = await transaction.run(
      lockConversation,
      [...ids].sort((a, b) => a - b).map((id) => [id]),
    );
    return new Batch(
      transaction,
      rows.map((row) => ({ ...row, isGroup: Boolean(row.isGroup) })),
      now,
    );
  }

  /** A conversation that one of the batch's items named in its locks. */
  conversation(id: number): LockedConversation | undefined {
    return this.#conversations.get(id);
  }

  /** The number of the conversation's next durable change. */
  nextSeq(conversation: LockedConversation): number {
    this.#changed.add(conversation);
    conversation.lastSeq += 1;
    return conversation.lastSeq;
  }

  /** Has `finish` wait for a write, on which nothing else in the batch depends. */
  write(written: Promise<unknown>): void {
    this.#writes.push(written);
    written.catch(() => undefined); // it is not lost: finishing throws it
  }

  /** Writes the changed conversations back, and waits for all that has been written. */
  async finish(): Promise<void> {
    const rows = [...this.#changed].map((each) => [
      each.id,
      each.lastSeq,
      each.messageCount,
      each.activityAt,
      each.removalSeq,
      each.lastMessageSeq,
    ]);
    await Promise.all([...this.#writes, this.run(storeConversation, rows), this.run(storeDay, this.#newDays())]);
  }

  /** Those whose activity is of another day than before; whoever was added meanwhile has the day before, too. */
  #newDays(): [id: number, day: number][] {
    return [...this.#changed].flatMap(({ id, activityAt, activeBefore }) =>
      dayOf(activityAt) === dayOf(activeBefore) ? [] : [[id, dayOf(activityAt)]],
    );
  }
}

/** A parameter in a list of values, whose type PostgreSQL would not guess. */
export const int8 = (value: number | null) => sql`cast(${value} as bigint)`;
