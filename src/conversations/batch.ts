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
      from conversations where id in (select ${int8At(0)} from ${each([...ids].map((id) => [id]))})
      order by id ${forUpdate}`.execute(transaction);
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
    const rows = [...this.#changed].map((each) => [
      each.id,
      each.lastSeq,
      each.messageCount,
      each.lastMessageId,
      each.activityAt,
      each.removalSeq,
    ]);
    await sql`
      update conversations
      set last_seq = v.last_seq, message_count = v.message_count, last_message_id = v.last_message_id,
        activity_at = v.activity_at, removal_seq = v.removal_seq
      from (
        select ${int8At(0)} as id, ${int8At(1)} as last_seq, ${int8At(2)} as message_count, ${int8At(3)} as last_message_id,
          ${int8At(4)} as activity_at, ${int8At(5)} as removal_seq
        from ${this.each(rows)}
      ) as v where conversations.id = v.id`.execute(this.sql);
  }
}

/** A parameter in a list of values, whose type PostgreSQL would not guess. */
export const int8 = (value: number | null) => sql`cast(${value} as bigint)`;

/** A whole number of a row that `Database.each` lists, by its place in it. */
export const int8At = (place: number) => sql`cast(value ->> ${sql.lit(place)} as bigint)`;
