import { sql } from 'kysely';
import { object } from 'yup';
import type { Sql } from '../database.ts';
import { required, text } from '../inputs.ts';
import { operation } from '../operation.ts';
import { keyOf } from './fields.ts';
import { beginningWith, LONGEST_PIECE, pieceOf } from './username-pieces.ts';

const MOST_FOUND = 20;
const QUERY_CHARACTERS = 64;
/** A search looks at no more names than this, the shortest first, that share a rare piece with the text. */
const MOST_LOOKED_AT = 5_000;
const SEARCH_COST = 2;

type Found = { id: number; username: string; profile_picture: string };

/** Users whose name contains `q`, whatever the case: the exact name first, then names that start with it, then shorter ones. */
export const searchUsers = operation({
  input: object({
    q: text(1, QUERY_CHARACTERS)
      .required(required)
      .meta({ description: 'A part of the username, in any case; `%` and `_` are plain characters.', example: 'bo' }),
  }),
  canWait: true,
  cost: () => SEARCH_COST,
  async run({ q }, _, { database: { sql: db } }) {
    const key = keyOf(q);
    const plain = key.replace(/[\\%_]/g, '\\$&');
    const pieces = piecesOf(key);
    const beginning = await find(db, await rarest(db, [beginningWith(key), ...pieces]), `${plain}%`);
    if (beginning.length === MOST_FOUND) return { users: beginning };
    const inside = await find(db, await rarest(db, pieces), `_%${plain}%`);
    const names = new Set(beginning.map(({ id }) => id));
    return { users: [...beginning, ...inside.filter(({ id }) => !names.has(id))].slice(0, MOST_FOUND) };
  },
});

/** Pieces of a text by which names that contain it can be looked up. */
const piecesOf = (key: string) => {
  const last = Math.max(0, key.length - LONGEST_PIECE);
  return [...new Set([0, Math.floor(last / 2), last].map((start) => pieceOf(key.slice(start))))];
};

/** The piece that the fewest names have, as far as they are counted. */
async function rarest(db: Sql, pieces: readonly string[]): Promise<string> {
  const [first = '', ...others] = pieces;
  if (others.length === 0) return first;
  const counts = pieces.map(
    (piece) => sql`
      select cast(${piece} as varchar) as piece, count(*) as count from (
        select 1 as found from username_pieces where piece = ${piece} limit ${sql.lit(MOST_LOOKED_AT)}
      ) as counted`,
  );
  const { rows } = await sql<{ piece: string; count: number }>`${sql.join(counts, sql` union all `)}`.execute(db);
  return rows.reduce((least, each) => (each.count < least.count ? each : least)).piece;
}

/** The shortest names with a piece that are like a pattern, among so many that the search comes to an end. */
async function find(db: Sql, piece: string, pattern: string): Promise<Found[]> {
  const { rows } = await sql<Found>`
    select u.id, u.username, u.profile_picture from (
      select length, username_key, user_id from username_pieces where piece = ${piece}
      order by length, username_key limit ${sql.lit(MOST_LOOKED_AT)}
    ) p join users u on u.id = p.user_id
    where p.username_key like ${pattern} escape '\\'
    order by p.length, p.username_key limit ${sql.lit(MOST_FOUND)}`.execute(db);
  return rows;
}
