import type { Queries, RunRows, RunStatement, Sql } from '../database/queries.ts';
import { RowStatement } from '../database/statement.ts';
import { dayOf } from '../time.ts';

/** The row of a conversation, locked until the commit. Changes to this object are written once, at the end of the batch. */
export type LockedConversation = {
  readonly id: number;
  readonly isGroup: boolean;
  readonly name: string | null;
  lastSeq: number;
  removalSeq: number;
  messageCount: number;
  /** The `seq` of the newest message of the batch, if any. */
  lastMessageSeq: number | null;
  activityAt: number;
  /** The `activityAt` before this batch. */
  readonly activeBefore: number;
};

const lockConversation = new RowStatement<LockedConversation>(
  (row) => `
    select c.id, c.is_group as "isGroup", c.name, c.last_seq as "lastSeq", c.removal_seq as "removalSeq",
      c.message_count as "messageCount", null as "lastMessageSeq", c.activity_at as "activityAt",
      c.activity_at as "activeBefore"
    from conversations c${row.and} where c.id = ${row.int(0)} ${row.locked('c', 'c.id')}`,
);

const storeConversation = new RowStatement(
  (row) => `
    update conversations
    set last_seq = ${row.int(1)}, message_count = ${row.int(2)}, activity_at = ${row.int(3)}, removal_seq = ${row.int(4)},
      last_message_id = coalesce(
        (select m.id from messages m where m.conversation_id = ${row.int(0)} and m.seq = ${row.int(5)}), last_message_id
      )
    ${row.from} where id = ${row.int(0)}`,
);

const storeDay = new RowStatement(
  (row) => `update participants set activity_day = ${row.int(1)} ${row.from} where conversation_id = ${row.int(0)}`,
);

/** One transaction of the group commit: locks conversations and numbers their changes. */
export class Batch {
  readonly sql: Sql;
  readonly run: RunRows;
  readonly all: RunStatement;
  /** The time of all changes of the batch, in milliseconds since 1970. */
  readonly now: number;
  readonly #conversations: ReadonlyMap<number, LockedConversation>;
  readonly #changed = new Set<LockedConversation>();
  readonly #writes: Promise<unknown>[] = [];

  private constructor({ sql: db, all, run }: Queries, conversations: readonly LockedConversation[], now: number) {
    this.now = now;
    this.sql = db;
    this.run = run;
    this.all = all;
    this.#conversations = new Map(conversations.map((each) => [each.id, each]));
  }

  /** Locks the conversations in order of their ids, to avoid deadlocks between batches. */
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

  /** A conversation that is locked by this batch. */
  conversation(id: number): LockedConversation | undefined {
    return this.#conversations.get(id);
  }

  /** Assigns the `seq` of the next change of a conversation. */
  nextSeq(conversation: LockedConversation): number {
    this.#changed.add(conversation);
    conversation.lastSeq += 1;
    return conversation.lastSeq;
  }

  /** Lets `finish` await a write, so that the batch need not wait for it earlier. */
  write(written: Promise<unknown>): void {
    this.#writes.push(written);
    written.catch(() => undefined); // `finish` throws it
  }

  /** Writes the changed conversations and waits for all writes. */
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

  /** The conversations whose day of last activity changes. */
  #newDays(): [id: number, day: number][] {
    return [...this.#changed].flatMap(({ id, activityAt, activeBefore }) =>
      dayOf(activityAt) === dayOf(activeBefore) ? [] : [[id, dayOf(activityAt)]],
    );
  }
}
