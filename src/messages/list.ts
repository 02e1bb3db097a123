import { type RawBuilder, sql } from 'kysely';
import { isParticipant, participationOf } from '../conversations/participation.ts';
import type { Queries } from '../database/queries.ts';
import { limit, offset } from '../database/queries.ts';
import { Statement } from '../database/statement.ts';
import { MESSAGE } from '../delivery/event-fields.ts';
import { ChatError } from '../operation/errors.ts';
import * as field from '../operation/fields.ts';
import { id, idOfConversation, wholeNumber } from '../operation/inputs.ts';
import { query } from '../operation/operation.ts';
import { confirmIfPossible } from './delivered.ts';
import { presentMessage, type StoredMessage, selectMessages } from './message-presenter.ts';
import { findReadPositions } from './read-positions.ts';
import { receiptsFor, statusOf } from './receipts.ts';

const DEFAULT_PAGE = 50;
const MAX_PAGE = 200;
const ROWS_PER_COST = 100;
const SKIPPED_PER_COST = 2_000;

const BEYOND_ALL = Number.MAX_SAFE_INTEGER;

/**
 * A page of a conversation's messages, newest first. The page confirms the delivery of its messages if no unconfirmed message
 * lies before them.
 */
export const listMessages = query('list_messages', {
  http: 'GET /api/conversations/:conversation_id/messages',
  summary: 'A page of a conversation’s messages, the newest first',
  details:
    'Fetching messages confirms their delivery, if no unconfirmed message lies before them. `before` and `after` do not shift when messages arrive.',
  reads: { conversations: (_, { conversation_id }) => [conversation_id] },
  input: {
    conversation_id: idOfConversation(),
    limit: wholeNumber(1).meta({
      description: `The maximum number of messages, by default ${DEFAULT_PAGE} and at most ${MAX_PAGE}.`,
      example: 50,
    }),
    offset: wholeNumber(0).meta({ description: 'The number of newest messages to skip.', examples: [0] }),
    before: id('Only messages before this one.', 5003),
    after: id('Only messages after this one, the next ones.').meta({ examples: [5001] }),
  },
  result: { messages: field.list(MESSAGE, 'The page.') },
  errors: ['not_participant', 'unknown_message'],
  canWait: true,
  cost: ({ limit = DEFAULT_PAGE, offset: skipped = 0 }) =>
    Math.ceil(Math.min(limit, MAX_PAGE) / ROWS_PER_COST) + Math.floor(skipped / SKIPPED_PER_COST),
  async run(input, caller, context) {
    const db = context.database;
    const { userId } = caller;
    const { conversation_id: conversationId, offset: skipped = 0, before, after } = input;
    // refuse callers who are not in the conversation before looking up the message, so as not to reveal whether it exists
    if (before !== undefined || after !== undefined) await participationOf(context.database, caller, conversationId);
    const span = {
      older: before === undefined ? BEYOND_ALL : await seqOf(db, conversationId, before),
      newer: after === undefined ? 0 : await seqOf(db, conversationId, after),
    };
    const findsNext = before === undefined && after !== undefined;
    const most = Math.min(input.limit ?? DEFAULT_PAGE, MAX_PAGE);
    const wanted = { userId, conversationId, ...span, limit: most, offset: skipped };
    const page = () => (findsNext ? findNext(db, wanted) : db.all(findNewest, wanted));
    const messages = await page();
    const positions = await findReadPositions(db, userId, conversationId);
    if (positions === undefined) throw new ChatError('not_participant');
    // the user may have been added between the two reads: read the page again
    if (messages.length === 0) messages.push(...(await page()));
    const [newest = 0, oldest = 0] = [messages[0]?.seq, messages.at(-1)?.seq];
    if (newest > positions.deliveredSeq && !(await isAnyBetween(db, conversationId, positions.deliveredSeq, oldest)))
      await confirmIfPossible(context, caller, { conversation_id: conversationId, seq: newest });
    const receipts = await receiptsFor(db, positions, messages);
    return { messages: messages.map((message) => presentMessage(message, statusOf(message, userId, receipts))) };
  },
});

type Page = { userId: number; conversationId: number; older: number; newer: number; limit: number; offset: number };

const pageIn = (order: RawBuilder<unknown>) =>
  new Statement<Page, StoredMessage>(
    (value) => sql`
      ${selectMessages} where m.conversation_id = ${value('conversationId')}
        and m.seq < ${value('older')} and m.seq > ${value('newer')} and ${isParticipant(value('userId'), value('conversationId'))}
      order by m.seq ${order} ${limit(value('limit'))} ${offset(value('offset'))}`,
  );

const findNewest = pageIn(sql`desc`);
const findOldest = pageIn(sql`asc`);
/** The messages directly after another one, newest first like every page. */
const findNext = async (db: Queries, page: Page) => (await db.all(findOldest, page)).reverse();

type Gap = { conversationId: number; after: number; before: number };
const findBetween = new Statement<Gap, object>(
  (value) => sql`
    select 1 from messages m
    where m.conversation_id = ${value('conversationId')} and m.seq > ${value('after')} and m.seq < ${value('before')}
    order by m.seq ${limit(1)}`,
);

/** Whether there is a message between two numbers, which may also belong to other changes such as edits. */
async function isAnyBetween(db: Queries, conversationId: number, after: number, before: number): Promise<boolean> {
  return before > after + 1 && (await db.all(findBetween, { conversationId, after, before })).length > 0;
}

async function seqOf(db: Queries, conversationId: number, messageId: number): Promise<number> {
  const { rows } = await sql<{ seq: number }>`
    select seq from messages where id = ${messageId} and conversation_id = ${conversationId}`.execute(db.sql);
  if (rows[0] === undefined) throw new ChatError('unknown_message');
  return rows[0].seq;
}
