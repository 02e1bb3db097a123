import { sql } from 'kysely';
import type { Queries, Sql } from '../database.ts';
import { EachRow } from '../each-row.ts';

export const LONGEST_PIECE = 3;
/** No username has it. */
const BEGINNING = '^';

/** Notes by which pieces a user's name is found; to be called in the transaction that gives the name. */
export async function indexUsername({ sql: db, run }: Queries, userId: number, usernameKey: string): Promise<void> {
  await sql`delete from username_pieces where user_id = ${userId}`.execute(db);
  const rows = piecesOf(usernameKey).map((piece) => [piece, usernameKey.length, usernameKey, userId]);
  await run(insertPiece, rows);
}

const insertPiece = new EachRow(
  (row) => `
    insert into username_pieces (piece, length, username_key, user_id)
    select ${row.text(0)}, ${row.int(1)}, ${row.text(2)}, ${row.int(3)} ${row.from}`,
);

/** The same, in one statement, for all users who have no pieces yet: for whoever makes users by other means than signing up. */
export async function indexUsernames(db: Sql): Promise<void> {
  await sql`
    insert into username_pieces (piece, length, username_key, user_id)
    with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 32),
      unfound as (
        select id, username_key as k, length(username_key) as size from users
        where not exists (select 1 from username_pieces p where p.user_id = users.id)
      )
    select distinct substr(k, place.n, piece.n), size, k, id
    from unfound join numbers place on place.n <= size
      join numbers piece on piece.n <= ${LONGEST_PIECE} and place.n + piece.n - 1 <= size
    union
    select ${BEGINNING} || substr(k, 1, piece.n), size, k, id
    from unfound join numbers piece on piece.n <= ${LONGEST_PIECE}`.execute(db);
}

function piecesOf(usernameKey: string): string[] {
  const lengths = Array.from({ length: LONGEST_PIECE }, (_, index) => index + 1);
  const inside = lengths.flatMap((length) =>
    Array.from({ length: Math.max(0, usernameKey.length - length + 1) }, (_, at) => usernameKey.slice(at, at + length)),
  );
  return [...new Set([...inside, ...lengths.map((length) => beginningWith(usernameKey.slice(0, length)))])];
}

/** The piece under which every name that contains a text is found. */
export const pieceOf = (text: string) => text.slice(0, LONGEST_PIECE);
/** The piece under which every name that begins with a text is found. */
export const beginningWith = (text: string) => BEGINNING + pieceOf(text);
