import { sql } from 'kysely';
import { object } from 'yup';
import { required, text } from '../inputs.ts';
import { operation } from '../operation.ts';
import { keyOf } from './fields.ts';

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
    const { rows } = await sql<Found>`
      select id, username, profile_picture from users
      where username_key like ${`%${plain}%`} escape '\\'
      order by case when username_key = ${key} then 0 when username_key like ${`${plain}%`} escape '\\' then 1 else 2 end,
        length(username_key), username_key
      limit ${MOST_FOUND}`.execute(database.sql);
    return { users: rows };
  },
});
