import { type RawBuilder, sql } from 'kysely';
import { object } from 'yup';
import { conversationOf } from '../conversations/participation.ts';
import type { Sql } from '../database.ts';
import { ChatError } from '../errors.ts';
import { id, idOfConversation, wholeNumber } from '../inputs.ts';
import { operation } from '../operation.ts';
import { confirm } from './delivered.ts';
import { isIn, messageRow, type StoredMessage, selectMessages } from './message-rows.ts';
import { readBy, receiptsOfOthers, statusOf } from './receipts.ts';

const DEFAULT_PAGE = 50;
const LARGEST_PAGE = 200;

type Page = {
  conversationId: number;
  limit: number;
  offset: number;
  before: number | undefined;
  after: number | undefined;
};

/** A page of a conversation's messages, newest first; having it confirms the delivery of what is in it. */
export const listMessages = operation({
  reads: true,
  input: object({
    conversation_id: idOfConversation(),
    limit: wholeNumber(1).meta({
      description: `At most so many, ${DEFAULT_PAGE} unless given; more than ${LARGEST_PAGE} is cut.`,
      example: 50,
    }),
    offset: wholeNumber(0).meta({ description: 'So many of the newest are left out.' }),
    before: id('Only messages before this one.', 5003),
    after: id('Only messages after this one, the next ones.'),
  }),
  async run(input, caller, context) {
    const { database } = context;
    const { conversation_id: conversationId, offset = 0, before, after } = input;
    const limit = Math.min(input.limit ?? DEFAULT_PAGE, LARGEST_PAGE);
    const participation = await conversationOf(database, caller, conversationId);
    const page = await findPage(database.sql, caller.userId, { conversationId, limit, offset, before, after });
    const seq = Math.max(0, ...page.map((message) => message.seq));
    if (seq > participation.deliveredSeq) await confirm(context, { userId: caller.userId, conversationId, seq });
    return { messages: await withStatus(database.sql, caller.userId, conversationId, participation.readSeq, page) };
  },
});

/** Messages as a user sees them in lists. */
async function withStatus(
  db: Sql,
  userId: number,
  conversationId: number,
  readSeq: number,
  messages: readonly StoredMessage[],
) {
  const mine = (await readBy(db, userId, new Map([[conversationId, readSeq]]))).get(conversationId) ?? [];
  const others = (await receiptsOfOthers(db, userId, [conversationId])).get(conversationId);
  return messages.map((message) => messageRow(message, statusOf(message, userId, { mine, others })));
}

async function findPage(
  db: Sql,
  userId: number,
  { conversationId, limit, offset, before, after }: Page,
): Promise<StoredMessage[]> {
  const of = sql`${selectMessages} where m.conversation_id = ${conversationId} and ${isIn(userId, conversationId)}`;
  const older = before === undefined ? sql`` : sql` and m.seq < ${await seqOf(db, conversationId, before)}`;
  const newer = after === undefined ? sql`` : sql` and m.seq > ${await seqOf(db, conversationId, after)}`;
  // directly after a message means the oldest that are newer, though the page is given newest first like all others
  const upwards = after !== undefined && before === undefined;
  const order: RawBuilder<unknown> = upwards ? sql`asc` : sql`desc`;
  const { rows } = await sql<StoredMessage>`
    ${of}${older}${newer} order by m.seq ${order} limit ${limit} offset ${offset}`.execute(db);
  return upwards ? rows.reverse() : rows;
}

async function seqOf(db: Sql, conversationId: number, messageId: number): Promise<number> {
  const { rows } = await sql<{ seq: number }>`
    select seq from messages where id = ${messageId} and conversation_id = ${conversationId}`.execute(db);
  if (rows[0] === undefined) throw new ChatError('unknown_message');
  return rows[0].seq;
}
