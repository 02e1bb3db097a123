import { type SqlBool, sql } from 'kysely';
import type { Sql } from '../database/queries.ts';
import * as field from '../operation/fields.ts';
import { required, text } from '../operation/inputs.ts';
import { query } from '../operation/operation.ts';
import { usernameKeyOf } from './names.ts';
import { userField } from './results.ts';
import { MAX_NGRAM_LENGTH, ngramOf, prefixNgram } from './username-ngrams.ts';

const MAX_RESULTS = 20;
const QUERY_CHARACTERS = 64;
/** A search scans at most this many names that share a rare n-gram with the text, the shortest first. */
const MAX_SCANNED = 5_000;
const SEARCH_COST = 2;

type Found = { id: number; username: string; profile_picture: string };

/** Finds users whose name contains `q` in any case: the exact name first, then prefix matches, then shorter names. */
export const searchUsers = query('search_users', {
  http: 'GET /api/users/search',
  summary: 'Find users by a part of their name',
  details: 'The exact name comes first, then names that begin with the text, then shorter names before longer ones.',
  input: {
    q: text(1, QUERY_CHARACTERS)
      .required(required)
      .meta({ description: 'A part of the username, in any case; `%` and `_` are plain characters.', example: 'bo' }),
  },
  result: { users: field.list(userField, 'At most 20, the best match first.') },
  canWait: true,
  cost: () => SEARCH_COST,
  async run({ q }, _, { database: { sql: db } }) {
    const key = usernameKeyOf(q);
    const plain = key.replace(/[\\%_]/g, '\\$&');
    const ngrams = ngramsOf(key);
    const prefixed = await find(db, await rarest(db, [prefixNgram([...key]), ...ngrams]), `${plain}%`);
    if (prefixed.length === MAX_RESULTS) return { users: prefixed };
    const inside = await find(db, await rarest(db, ngrams), `_%${plain}%`);
    const names = new Set(prefixed.map(({ id }) => id));
    return { users: [...prefixed, ...inside.filter(({ id }) => !names.has(id))].slice(0, MAX_RESULTS) };
  },
});

/** N-grams that every name with this text contains: the first, the middle and the last. */
const ngramsOf = (key: string) => {
  const characters = [...key];
  const last = Math.max(0, characters.length - MAX_NGRAM_LENGTH);
  return [...new Set([0, Math.floor(last / 2), last].map((start) => ngramOf(characters.slice(start))))];
};

/** The n-gram of the fewest names, counting up to the number of names that a search scans. */
async function rarest(db: Sql, ngrams: readonly string[]): Promise<string> {
  const [first = '', ...others] = ngrams;
  if (others.length === 0) return first;
  const counts = ngrams.map(
    (ngram) => sql`
      select cast(${ngram} as varchar) as ngram, count(*) as count from (
        select 1 as found from username_pieces where piece = ${ngram} limit ${sql.lit(MAX_SCANNED)}
      ) as counted`,
  );
  const { rows } = await sql<{ ngram: string; count: number }>`${sql.join(counts, sql` union all `)}`.execute(db);
  return rows.reduce((least, each) => (each.count < least.count ? each : least)).ngram;
}

/** The shortest names that match a pattern, among a bounded number of names with an n-gram. */
function find(db: Sql, ngram: string, pattern: string): Promise<Found[]> {
  return db
    .selectFrom(({ selectFrom }) =>
      selectFrom('username_pieces')
        .select(['length', 'username_key', 'user_id'])
        .where('piece', '=', ngram)
        .orderBy('length')
        .orderBy('username_key')
        .limit(sql.lit(MAX_SCANNED))
        .as('p'),
    )
    .innerJoin('users as u', 'u.id', 'p.user_id')
    .select(['u.id', 'u.username', 'u.profile_picture'])
    .where(sql<SqlBool>`p.username_key like ${pattern} escape '\\'`)
    .orderBy('p.length')
    .orderBy('p.username_key')
    .limit(sql.lit(MAX_RESULTS))
    .execute();
}
