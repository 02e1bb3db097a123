import { sql } from 'kysely';
import type { Queries, Sql } from '../database/queries.ts';
import { RowStatement } from '../database/statement.ts';

export const MAX_NGRAM_LENGTH = 3;
/** Marks a prefix; no username contains it. */
const PREFIX = '^';

/** Stores the n-grams of a user's name, inside the transaction that sets the name. */
export async function indexUsername({ sql: db, run }: Queries, userId: number, usernameKey: string): Promise<void> {
  await db.deleteFrom('username_pieces').where('user_id', '=', userId).execute();
  const characters = [...usernameKey];
  const rows = ngramsOf(characters).map((ngram) => [ngram, characters.length, usernameKey, userId]);
  await run(insertNgram, rows);
}

const insertNgram = new RowStatement(
  (row) => `
    insert into username_pieces (piece, length, username_key, user_id)
    select ${row.text(0)}, ${row.int(1)}, ${row.text(2)}, ${row.int(3)} ${row.from}`,
);

/** Stores the n-grams of all users who have none, in one statement: for users who were inserted without signing up. */
export async function indexUsernames(db: Sql): Promise<void> {
  await sql`
    insert into username_pieces (piece, length, username_key, user_id)
    with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 32),
      unindexed as (
        select id, username_key as k, length(username_key) as size from users
        where not exists (select 1 from username_pieces p where p.user_id = users.id)
      )
    select distinct substr(k, place.n, piece.n), size, k, id
    from unindexed join numbers place on place.n <= size
      join numbers piece on piece.n <= ${MAX_NGRAM_LENGTH} and place.n + piece.n - 1 <= size
    union
    select ${PREFIX} || substr(k, 1, piece.n), size, k, id
    from unindexed join numbers piece on piece.n <= ${MAX_NGRAM_LENGTH}`.execute(db);
}

function ngramsOf(characters: readonly string[]): string[] {
  const lengths = Array.from({ length: MAX_NGRAM_LENGTH }, (_, index) => index + 1);
  const inside = lengths.flatMap((length) =>
    Array.from({ length: Math.max(0, characters.length - length + 1) }, (_, at) =>
      characters.slice(at, at + length).join(''),
    ),
  );
  return [...new Set([...inside, ...lengths.map((length) => prefixNgram(characters.slice(0, length)))])];
}

/** The n-gram of every name that contains these characters, which are code points, as databases count them. */
export const ngramOf = (characters: readonly string[]) => characters.slice(0, MAX_NGRAM_LENGTH).join('');
/** The n-gram of every name that begins with these characters. */
export const prefixNgram = (characters: readonly string[]) => PREFIX + ngramOf(characters);
