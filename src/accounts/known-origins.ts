import { sql } from 'kysely';
import { networkOf, originOf } from '../client-address.ts';
import type { Sql } from '../database.ts';
import type { Tokens } from './tokens.ts';

/** How many origins are remembered for a user, the newest, and for how long after the last login. */
const MAX_ORIGINS_PER_USER = 20;
const KEPT_MS = 90 * 86_400_000;

/**
 * Where a user has logged in from. What strangers do elsewhere does not count against them there. Addresses are kept as
 * keyed hashes.
 */
export class KnownOrigins {
  readonly #tokens: Tokens;

  constructor(tokens: Tokens) {
    this.#tokens = tokens;
  }

  /** @param address a client's, in its canonical form */
  hashOf(address: string): string {
    return this.#tokens.keyedHash('origin', originOf(address));
  }

  /** Remembers a login, inside the transaction that starts the session. */
  async remember(transaction: Sql, userId: number, address: string): Promise<void> {
    const origin = this.hashOf(address);
    await sql`
      insert into known_origins (user_id, origin_hash, last_login) values (${userId}, ${origin}, ${Date.now()})
      on conflict (user_id, origin_hash) do update set last_login = excluded.last_login`.execute(transaction);
    await sql`
      delete from known_origins where user_id = ${userId} and origin_hash in (
        select origin_hash from (
          select origin_hash, row_number() over (order by last_login desc) as place
          from known_origins where user_id = ${userId} and origin_hash <> ${origin}
        ) others where place >= ${MAX_ORIGINS_PER_USER}
      )`.execute(transaction);
  }

  /** Whether the owner of an address of mail has logged in from a client's address. */
  async isKnownForEmail(db: Sql, emailKey: string, address: string): Promise<boolean> {
    const { rows } = await sql`
      select 1 from users u join known_origins k on k.user_id = u.id
      where u.email_key = ${emailKey} and k.origin_hash = ${this.hashOf(address)}`.execute(db);
    return rows.length > 0;
  }

  /** Forgets what nobody has used for long. */
  async sweep(db: Sql): Promise<void> {
    await sql`delete from known_origins where last_login < ${Date.now() - KEPT_MS}`.execute(db);
  }
}

/**
 * The key under which what is tried for an account is counted: for a known origin alone, for all others of its network
 * together.
 */
export const keyFor = (account: string, address: string, known: boolean): string =>
  `${account}\0${known ? originOf(address) : networkOf(address)}`;
