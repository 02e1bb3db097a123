import { sql } from 'kysely';
import type { Queries } from '../../database/queries.ts';
import { limit } from '../../database/queries.ts';
import { Statement } from '../../database/statement.ts';
import type { StoredAccount, StoredMessage } from './stored-rows.ts';

/** Reads the rows of the new database back, some at a time. */

const PAGE = 2_000;

type After = { id: number; userId: number; seq: number };
type InConversation = { conversationId: number; userId?: number; seq?: number };

const findAccounts = new Statement<After, StoredAccount & InConversation>(
  (value) => sql`
    select id, id as "conversationId", username, username_key as "usernameKey", email, email_key as "emailKey",
      password_hash as hash, profile_picture as picture, last_seen as seen, created_at as created
    from users where id > ${value('id')} order by id ${limit(PAGE)}`,
);

export type FoundConversation = InConversation & {
  lastSeq: number;
  messageCount: number;
  lastMessageId: number | null;
};
const findConversations = new Statement<After, FoundConversation>(
  (value) => sql`
    select id as "conversationId", last_seq as "lastSeq", message_count as "messageCount",
      last_message_id as "lastMessageId"
    from conversations where id > ${value('id')} order by id ${limit(PAGE)}`,
);

export type FoundMessage = StoredMessage & { changedSeq: number };
const findMessages = new Statement<After, FoundMessage>(
  (value) => sql`
    select id, conversation_id as "conversationId", sender_id as "senderId", seq, changed_seq as "changedSeq", content,
      created_at as "createdAt", edited_at as "editedAt", deleted_at as "deletedAt", event
    from messages where (conversation_id, seq) > (${value('id')}, ${value('seq')})
    order by conversation_id, seq ${limit(PAGE)}`,
);

type FoundMember = {
  conversationId: number;
  userId: number;
  isAdmin: unknown;
  joined: number;
  readSeq: number;
  settled: number;
  rangeCount: number;
};
const findMembers = new Statement<After, FoundMember>(
  (value) => sql`
    select conversation_id as "conversationId", user_id as "userId", is_admin as "isAdmin", joined_at as joined,
      read_seq as "readSeq", settled, range_count as "rangeCount"
    from participants where (conversation_id, user_id) > (${value('id')}, ${value('userId')})
    order by conversation_id, user_id ${limit(PAGE)}`,
);

type FoundRange = { conversationId: number; userId: number; seq: number; to: number };
const findRanges = new Statement<After, FoundRange>(
  (value) => sql`
    select conversation_id as "conversationId", user_id as "userId", from_seq as seq, to_seq as "to"
    from read_ranges
    where (conversation_id, user_id, from_seq) > (${value('id')}, ${value('userId')}, ${value('seq')})
    order by conversation_id, user_id, from_seq ${limit(PAGE)}`,
);

/** Rows in order of their conversation. */
class Reader<Row extends InConversation> {
  readonly #find: (after: After) => Promise<Row[]>;
  #page: Row[] = [];
  #at = 0;
  #last: After = { id: 0, userId: 0, seq: 0 };

  constructor({ all }: Queries, statement: Statement<After, Row>) {
    this.#find = (after) => all(statement, after);
  }

  /** The next rows of a conversation, which has to come after the last one; undefined for all rows. */
  async *of(conversationId?: number): AsyncGenerator<Row> {
    for (;;) {
      if (this.#at === this.#page.length) await this.#read();
      const row = this.#page[this.#at];
      if (row === undefined || (conversationId !== undefined && row.conversationId !== conversationId)) return;
      this.#at += 1;
      yield row;
    }
  }

  async #read(): Promise<void> {
    this.#page = await this.#find(this.#last);
    this.#at = 0;
    const last = this.#page.at(-1);
    if (last !== undefined) this.#last = { id: last.conversationId, userId: last.userId ?? 0, seq: last.seq ?? 0 };
  }
}

export const readersOf = (queries: Queries) => ({
  accounts: new Reader(queries, findAccounts),
  conversations: new Reader(queries, findConversations),
  messages: new Reader(queries, findMessages),
  members: new Reader(queries, findMembers),
  ranges: new Reader(queries, findRanges),
});
export type Readers = ReturnType<typeof readersOf>;
