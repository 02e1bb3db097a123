import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import type { Sql } from '../database/queries.ts';
import { networkOf, originOf } from '../rate-limits/client-address.ts';
import type { Tokens } from './tokens.ts';

/** The newest ones are kept. */
const MAX_ORIGINS_PER_USER = 20;
/** After the last login. */
const RETENTION_MS = 90 * 86_400_000;

/** @property now milliseconds since 1970 */
type Login = { userId: number; address: string; now: number };

/**
 * The origins that users have logged in from. They are counted separately, so attempts from elsewhere cannot lock a
 * user out there. Addresses are stored as keyed hashes.
 */
export class KnownOrigins {
  readonly #tokens: Tokens;

  constructor(tokens: Tokens) {
    this.#tokens = tokens;
  }

  /** @param address the client's, in canonical form */
  hashOf(address: string): string {
    return this.#tokens.keyedHash('origin', originOf(address));
  }

  /** Stores the origin of a login, inside the transaction that starts the session. */
  async remember(transaction: Sql, { userId, address, now }: Login): Promise<void> {
    const origin = this.hashOf(address);
    await transaction
      .insertInto('known_origins')
      .values({ user_id: userId, origin_hash: origin, last_login: now })
      .onConflict((conflict) =>
        conflict
          .columns(['user_id', 'origin_hash'])
          .doUpdateSet(({ ref }) => ({ last_login: ref('excluded.last_login') })),
      )
      .execute();
    await sql`
      delete from known_origins where user_id = ${userId} and origin_hash in (
        select origin_hash from (
          select origin_hash, row_number() over (order by last_login desc) as place
          from known_origins where user_id = ${userId} and origin_hash <> ${origin}
        ) others where place >= ${MAX_ORIGINS_PER_USER}
      )`.execute(transaction);
  }

  /** Whether the owner of an e-mail address has logged in from a client's address. */
  async isKnownForEmail(db: Sql, emailKey: string, address: string): Promise<boolean> {
    const known = await db
      .selectFrom('users as u')
      .innerJoin('known_origins as k', 'k.user_id', 'u.id')
      .select('u.id')
      .where('u.email_key', '=', emailKey)
      .where('k.origin_hash', '=', this.hashOf(address))
      .executeTakeFirst();
    return known !== undefined;
  }

  /** Deletes origins without a login for `RETENTION_MS`. */
  async sweep({ sql: db, moment }: Pick<Database, 'sql' | 'moment'>): Promise<void> {
    await db
      .deleteFrom('known_origins')
      .where('last_login', '<', sql<number>`${moment} - ${sql.lit(RETENTION_MS)}`)
      .execute();
  }
}

/** The key that counts attempts on an account: per origin if the origin is known, otherwise per network. */
export const keyFor = (account: string, address: string, known: boolean): string =>
  `${account}\0${known ? originOf(address) : networkOf(address)}`;

/** The columns that a login compares of users `u`, with their known origin `k` of this hash: null where it is unknown. */
export const selectAccounts = (db: Sql, originHash: string) =>
  db
    .selectFrom('users as u')
    .leftJoin('known_origins as k', (join) => join.onRef('k.user_id', '=', 'u.id').on('k.origin_hash', '=', originHash))
    .select([
      'u.id',
      'u.username_key as usernameKey',
      'u.password_hash as passwordHash',
      'k.origin_hash as knownOrigin',
    ]);
