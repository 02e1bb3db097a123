import { sql } from 'kysely';
import type { Database, Sql } from '../database.ts';

/** A conversation's row, locked until the batch is committed; what is changed here is written back once, at its end. */
export type LockedConversation = {
  readonly id: number;
  readonly isGroup: boolean;
  readonly name: string | null;
  lastSeq: number;
  removalSeq: number;
  messageCount: number;
  lastMessageId: number | null;
  activityAt: number;
};

/** One transaction of the group commit: the locked conversations, and the numbers that their changes get. */
export class Batch {
  readonly sql: Sql;
  readonly each: Database['each'];
  /** The moment that all changes of the batch bear, milliseconds since 1970. */
  readonly now: number;
  readonly #conversations: ReadonlyMap<number, LockedConversation>;
  readonly #changed = new Set<LockedConversation>();

  private constructor(
    transaction: Sql,
    each: Database['each'],
    conversations: readonly LockedConversation[],
    now: number,
  ) {
    this.now = now;
    this.sql = transaction;
    this.each = each;
    this.#conversations = new Map(conversations.map((each) => [each.id, each]));
  }

  /** Locks the conversations in the order of their ids, so that two batches never wait for each other in a circle. */
  static async begin(
    transaction: Sql,
    { forUpdate, each }: Pick<Database, 'forUpdate' | 'each'>,
    ids: ReadonlySet<number>,
    now: number,
  ): Promise<Batch> {
    if (ids.size === 0) return new Batch(transaction, each, [], now);
    const { rows } = await sql<LockedConversation>`
      select id, is_group as "isGroup", name, last_seq as "lastSeq", removal_seq as "removalSeq", message_count as "messageCount",
        last_message_id as "lastMessageId", activity_at as "activityAt"
      from conversations where id in (${sql.join([...ids])}) order by id ${forUpdate}`.execute(transaction);
    return new Batch(
      transaction,
      each,
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

  /** Writes the changed conversations back. */
  async finish(): Promise<void> {
    if (this.#changed.size === 0) return;
    const rows = [...this.#changed].map(
      (each) =>
        sql`(${int8(each.id)}, ${int8(each.lastSeq)}, ${int8(each.messageCount)}, ${int8(each.lastMessageId)}, ${int8(each.activityAt)}, ${int8(each.removalSeq)})`,
    );
    await sql`
      update conversations
      set last_seq = v.column2, message_count = v.column3, last_message_id = v.column4, activity_at = v.column5,
        removal_seq = v.column6
      from (values ${sql.join(rows)}) as v where conversations.id = v.column1`.execute(this.sql);
  }
}

/** A parameter in a list of values, whose type PostgreSQL would not guess. */
export const int8 = (value: number | null) => sql`cast(${value} as bigint)`;
