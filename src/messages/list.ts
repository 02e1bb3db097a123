import { type RawBuilder, sql } from 'kysely';
import { object } from 'yup';
import { conversationOf, isParticipant } from '../conversations/participation.ts';
import type { Sql } from '../database.ts';
import { ChatError } from '../errors.ts';
import { fixedStatement } from '../fixed-statement.ts';
import { id, idOfConversation, wholeNumber } from '../inputs.ts';
import { operation } from '../operation.ts';
import { limit, offset } from '../prepared-statements.ts';
import { confirm } from './delivered.ts';
import { messageRow, type StoredMessage, selectMessages } from './message-rows.ts';
import { receiptsFor, statusOf } from './receipts.ts';
import { standingOf } from './standing.ts';

const DEFAULT_PAGE = 50;
const LARGEST_PAGE = 200;
const ROWS_PER_COST = 100;
const SKIPPED_PER_COST = 2_000;

const BEYOND_ALL = Number.MAX_SAFE_INTEGER;

/**
 * A page of a conversation's messages, newest first. Having it confirms the delivery of what is in it, if it continues what
 * was confirmed before: a page beyond a gap says nothing of what is in the gap.
 */
export const listMessages = operation({
  reads: { conversations: (_, { conversation_id }) => [conversation_id] },
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
  canWait: true,
  cost: ({ limit = DEFAULT_PAGE, offset: skipped = 0 }) =>
    Math.ceil(Math.min(limit, LARGEST_PAGE) / ROWS_PER_COST) + Math.floor(skipped / SKIPPED_PER_COST),
  async run(input, caller, context) {
    const db = context.database.sql;
    const { userId } = caller;
    const { conversation_id: conversationId, offset: skipped = 0, before, after } = input;
    // who may not see the conversation is told so, and not whether it has such a message
    if (before !== undefined || after !== undefined) await conversationOf(context.database, caller, conversationId);
    const span = {
      older: before === undefined ? BEYOND_ALL : await seqOf(db, conversationId, before),
      newer: after === undefined ? 0 : await seqOf(db, conversationId, after),
    };
    const find = before === undefined && after !== undefined ? findNext : findNewest;
    const most = Math.min(input.limit ?? DEFAULT_PAGE, LARGEST_PAGE);
    const page = () => find(db, { userId, conversationId, ...span, limit: most, offset: skipped });
    const messages = await page();
    const standing = await standingOf(db, userId, conversationId);
    if (standing === undefined) throw new ChatError('not_participant');
    // whoever was added between the two readings is in the conversation, but has not seen its messages yet
    if (messages.length === 0) messages.push(...(await page()));
    const [newest = 0, oldest = 0] = [messages[0]?.seq, messages.at(-1)?.seq];
    if (newest > standing.deliveredSeq && !(await isAnyBetween(db, conversationId, standing.deliveredSeq, oldest)))
      await confirm(context, { userId, conversationId, seq: newest });
    const receipts = await receiptsFor(db, standing, messages);
    return { messages: messages.map((message) => messageRow(message, statusOf(message, userId, receipts))) };
  },
});

type Page = { userId: number; conversationId: number; older: number; newer: number; limit: number; offset: number };

const pageIn = (order: RawBuilder<unknown>) =>
  fixedStatement<Page, StoredMessage>(
    (value) => sql`
      ${selectMessages} where m.conversation_id = ${value('conversationId')}
        and m.seq < ${value('older')} and m.seq > ${value('newer')} and ${isParticipant(value('userId'), value('conversationId'))}
      order by m.seq ${order} ${limit(value('limit'))} ${offset(value('offset'))}`,
  );

const findNewest = pageIn(sql`desc`);
const findOldest = pageIn(sql`asc`);
/** Directly after a message means the oldest that are newer, though a page is given newest first like all others. */
const findNext = async (db: Sql, page: Page) => (await findOldest(db, page)).reverse();

type Gap = { conversationId: number; after: number; before: number };
const findBetween = fixedStatement<Gap, object>(
  (value) => sql`
    select 1 from messages m
    where m.conversation_id = ${value('conversationId')} and m.seq > ${value('after')} and m.seq < ${value('before')}
    order by m.seq ${limit(1)}`,
);

/** Whether there is a message between two numbers: edits, for example, have numbers too. */
async function isAnyBetween(db: Sql, conversationId: number, after: number, before: number): Promise<boolean> {
  return before > after + 1 && (await findBetween(db, { conversationId, after, before })).length > 0;
}

async function seqOf(db: Sql, conversationId: number, messageId: number): Promise<number> {
  const { rows } = await sql<{ seq: number }>`
    select seq from messages where id = ${messageId} and conversation_id = ${conversationId}`.execute(db);
  if (rows[0] === undefined) throw new ChatError('unknown_message');
  return rows[0].seq;
}
