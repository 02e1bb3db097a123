import { sql } from 'kysely';
import { object } from 'yup';
import type { Sql } from '../database.ts';
import { ChatError } from '../errors.ts';
import { text, wholeNumber } from '../inputs.ts';
import { operation } from '../operation.ts';
import { type StoredSummary, selectSummaries, summariesOf } from './summary.ts';

const MOST_CONVERSATIONS = 500;
const CURSOR_CHARACTERS = 64;

type Cursor = { activityAt: number; id: number };

/** The caller's conversations, newest activity first. */
export const listConversations = operation({
  reads: true,
  input: object({
    limit: wholeNumber(1).meta({
      description: `At most so many; more than ${MOST_CONVERSATIONS} is cut.`,
      example: 50,
    }),
    cursor: text(0, CURSOR_CHARACTERS).meta({ description: 'The `next_cursor` of the page before.' }),
  }),
  async run({ limit = MOST_CONVERSATIONS, cursor }, { userId }, { database, presence }) {
    const most = Math.min(limit, MOST_CONVERSATIONS);
    const rows = await findPage(database.sql, userId, most + 1, cursor ? parseCursor(cursor) : undefined);
    const page = rows.slice(0, most);
    const last = page.at(-1);
    return {
      conversations: await summariesOf(page, userId, presence),
      ...(rows.length > most && last !== undefined && { next_cursor: cursorOf(last) }),
    };
  },
});

/** First which conversations they are, from their numbers alone; then all that is shown of those. */
async function findPage(db: Sql, userId: number, limit: number, after: Cursor | undefined): Promise<StoredSummary[]> {
  const older = after === undefined ? sql`` : sql` and (n.activity_at, n.id) < (${after.activityAt}, ${after.id})`;
  const { rows } = await sql<StoredSummary>`
    with newest as (
      select n.id from participants i join conversations n on n.id = i.conversation_id
      where i.user_id = ${userId}${older} order by n.activity_at desc, n.id desc limit ${limit}
    )
    ${selectSummaries} where p.user_id = ${userId} and c.id in (select id from newest)
    order by c.activity_at desc, c.id desc`.execute(db);
  return rows;
}

const cursorOf = ({ activityAt, id }: Cursor) => `${activityAt}-${id}`;

function parseCursor(cursor: string): Cursor {
  const [, activityAt, id] = /^(\d{1,15})-(\d{1,15})$/.exec(cursor) ?? [];
  if (activityAt === undefined || id === undefined) {
    throw new ChatError('invalid_input', {
      fields: [{ field: 'cursor', message: 'has to come from an earlier page' }],
    });
  }
  return { activityAt: Number(activityAt), id: Number(id) };
}
