import { sql } from 'kysely';
import { object } from 'yup';
import type { Sql } from '../database.ts';
import { required, text } from '../inputs.ts';
import { operation } from '../operation.ts';
import { keyOf } from './fields.ts';
import { beginningWith, pieceOf } from './username-pieces.ts';

const MOST_FOUND = 20;
const QUERY_CHARACTERS = 64;

type Found = { id: number; username: string; profile_picture: string };

/** Users whose name contains `q`, whatever the case: the exact name first, then names that start with it, then shorter ones. */
export const searchUsers = operation({
  input: object({
    q: text(1, QUERY_CHARACTERS)
      .required(required)
      .meta({ description: 'A part of the username, in any case; `%` and `_` are plain characters.', example: 'bo' }),
  }),
  async run({ q }, _, { database }) {
    const key = keyOf(q);
    const plain = key.replace(/[\\%_]/g, '\\$&');
    const beginning = await find(database.sql, beginningWith(key), `${plain}%`);
    if (beginning.length === MOST_FOUND) return { users: beginning };
    const inside = await find(database.sql, pieceOf(key), `_%${plain}%`);
    const names = new Set(beginning.map(({ id }) => id));
    return { users: [...beginning, ...inside.filter(({ id }) => !names.has(id))].slice(0, MOST_FOUND) };
  },
});

/** The shortest names with a piece that are like a pattern: the first entries of an index. */
async function find(db: Sql, piece: string, pattern: string): Promise<Found[]> {
  const { rows } = await sql<Found>`
    select u.id, u.username, u.profile_picture from username_pieces p join users u on u.id = p.user_id
    where p.piece = ${piece} and p.username_key like ${pattern} escape '\\'
    order by p.length, p.username_key limit ${sql.lit(MOST_FOUND)}`.execute(db);
  return rows;
}
