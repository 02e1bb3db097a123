import { sql } from 'kysely';
import { limit, offset } from '../database/queries.ts';
import { Statement } from '../database/statement.ts';
import * as field from '../operation/fields.ts';
import { wholeNumber } from '../operation/inputs.ts';
import { query } from '../operation/operation.ts';
import { dayOf } from '../time.ts';
import { cursorOf, cursorText, type Position, parseCursor } from './cursor.ts';
import { conversationField, epochField } from './result-fields.ts';
import { type StoredSummary, selectSummaries, summariesOf } from './summary.ts';

const MAX_CONVERSATIONS = 500;
const CONVERSATIONS_PER_COST = 250;

type Cursor = { activityAt: number; id: number };
/** Its day fits in the column as well. */
const BEYOND_ALL: Cursor = { activityAt: 999_999_999_999_999, id: Number.MAX_SAFE_INTEGER };

/** The caller's conversations in order of their last activity, newest first. */
export const listConversations = query('list_conversations', {
  http: 'GET /api/conversations',
  summary: 'Your conversations, newest activity first',
  details: 'A page: if there are more, `next_cursor` is present; send it as `cursor`.',
  reads: {
    conversations: ({ conversations }) => conversations.map((each) => each.conversation_id),
    omit: ({ conversations, ...rest }, removed) => ({
      ...rest,
      conversations: conversations.filter((each) => !removed.has(each.conversation_id)),
    }),
  },
  input: {
    limit: wholeNumber(1).meta({
      description: `The maximum number of conversations, at most ${MAX_CONVERSATIONS}.`,
      example: 50,
    }),
    cursor: cursorText(),
  },
  result: {
    conversations: field.list(conversationField, 'At most 500.'),
    next_cursor: field.optional(field.text('The cursor of the next page, if there is one.', '1758380100000-100')),
    epoch: epochField,
  },
  canWait: true,
  cost: ({ limit: wanted = MAX_CONVERSATIONS }) =>
    Math.ceil(Math.min(wanted, MAX_CONVERSATIONS) / CONVERSATIONS_PER_COST),
  async run({ limit: wanted = MAX_CONVERSATIONS, cursor }, { userId }, { database, presence, installation }) {
    const { epoch } = installation; // read first: a newer epoch must not be returned with older data
    const most = Math.min(wanted, MAX_CONVERSATIONS);
    const after = cursor ? activityOf(parseCursor(cursor)) : BEYOND_ALL;
    const rows = await database.all(findPage, { userId, limit: most + 1, day: dayOf(after.activityAt), ...after });
    const page = rows.sort(byActivity).slice(0, most);
    const last = page.at(-1);
    return {
      conversations: await summariesOf(page, userId, presence),
      ...(rows.length > most && last !== undefined && { next_cursor: cursorOf({ at: last.activityAt, id: last.id }) }),
      epoch,
    };
  },
});

type Page = { userId: number; limit: number; day: number; activityAt: number; id: number };

/**
 * `earliest` bounds the days that the page can reach, `newest` selects the conversations of those days, and the last query
 * loads their summaries, unordered.
 */
const findPage = new Statement<Page, StoredSummary>(
  (value) => sql`
    with earliest as (
      select d.activity_day as day from participants d
      where d.user_id = ${value('userId')} and d.activity_day < ${value('day')}
      order by d.activity_day desc ${limit(1)} ${offset(value('limit'))}
    ), newest as (
      select n.id
      from participants i join conversations n on n.id = i.conversation_id
      where i.user_id = ${value('userId')} and i.activity_day <= ${value('day')}
        and i.activity_day >= coalesce((select day from earliest), 0) and (n.activity_at, n.id) < (${value('activityAt')}, ${value('id')})
      order by n.activity_at desc, n.id desc ${limit(value('limit'))}
    )
    ${selectSummaries} where p.user_id = ${value('userId')} and c.id in (select id from newest)`,
);

/** Sorted here: the database would sort whole summaries. */
const byActivity = (one: Cursor, other: Cursor) => other.activityAt - one.activityAt || other.id - one.id;

const activityOf = ({ at, id }: Position): Cursor => ({ activityAt: at, id });
