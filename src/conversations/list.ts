import { sql } from 'kysely';
import { object } from 'yup';
import { fixedStatement } from '../fixed-statement.ts';
import { wholeNumber } from '../inputs.ts';
import { operation } from '../operation.ts';
import { limit, offset } from '../prepared-statements.ts';
import { dayOf } from '../time.ts';
import { cursorOf, cursorText, type Position, parseCursor } from './cursor.ts';
import { type StoredSummary, selectSummaries, summariesOf } from './summary.ts';

const MOST_CONVERSATIONS = 500;
const CONVERSATIONS_PER_COST = 250;

type Cursor = { activityAt: number; id: number };
/** Its day, too, is a number that the database takes. */
const BEYOND_ALL: Cursor = { activityAt: 999_999_999_999_999, id: Number.MAX_SAFE_INTEGER };

type Listed = { conversations: { conversation_id: number }[] };

/** The caller's conversations, newest activity first. */
export const listConversations = operation({
  reads: {
    conversations: ({ conversations }: Listed) => conversations.map((each) => each.conversation_id),
    without: ({ conversations, ...rest }: Listed, left) => ({
      ...rest,
      conversations: conversations.filter((each) => !left.has(each.conversation_id)),
    }),
  },
  input: object({
    limit: wholeNumber(1).meta({
      description: `At most so many; more than ${MOST_CONVERSATIONS} is cut.`,
      example: 50,
    }),
    cursor: cursorText(),
  }),
  canWait: true,
  cost: ({ limit: wanted = MOST_CONVERSATIONS }) =>
    Math.ceil(Math.min(wanted, MOST_CONVERSATIONS) / CONVERSATIONS_PER_COST),
  async run({ limit: wanted = MOST_CONVERSATIONS, cursor }, { userId }, { database, presence }) {
    const most = Math.min(wanted, MOST_CONVERSATIONS);
    const after = cursor ? activityOf(parseCursor(cursor)) : BEYOND_ALL;
    const rows = await findPage(database.sql, { userId, limit: most + 1, day: dayOf(after.activityAt), ...after });
    const page = rows.sort(byActivity).slice(0, most);
    const last = page.at(-1);
    return {
      conversations: await summariesOf(page, userId, presence),
      ...(rows.length > most && last !== undefined && { next_cursor: cursorOf({ at: last.activityAt, id: last.id }) }),
    };
  },
});

type Page = { userId: number; limit: number; day: number; activityAt: number; id: number };

/**
 * First from which days they can be: if more than so many are of earlier days than the cursor, none is older than those.
 * Then which conversations of those days they are, and then all that is shown of them, in no order.
 */
const findPage = fixedStatement<Page, StoredSummary>(
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

/** Sorted here: the database would do it with all that is shown of each. */
const byActivity = (one: Cursor, other: Cursor) => other.activityAt - one.activityAt || other.id - one.id;

const activityOf = ({ at, id }: Position): Cursor => ({ activityAt: at, id });
