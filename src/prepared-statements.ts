import { type RawBuilder, sql } from 'kysely';
import { LRUCache } from 'lru-cache';

/** A better-sqlite3 database, as far as preparing goes. */
type Preparing<Statement> = { prepare(text: string): Statement };

export const MOST_STATEMENTS = 200;
/** Longer ones are lists of values, of which hardly two are equal. */
const LONGEST_CHARACTERS = 4_096;

/** Whether a statement is likely to be run again as it is. */
export const isRepeated = (text: string) => text.length <= LONGEST_CHARACTERS;

/**
 * Has a SQLite connection prepare each statement once: Kysely prepares anew whatever it runs, which costs as much as a
 * small query itself. SQLite prepares a kept statement again by itself when the tables change. Every statement is run
 * to its end at once, so none is in use when it is asked for again.
 */
export function rememberStatements<Statement extends object>(database: Preparing<Statement>): void {
  const statements = new LRUCache<string, Statement>({ max: MOST_STATEMENTS });
  const prepare = database.prepare.bind(database);
  database.prepare = (text) => {
    if (!isRepeated(text)) return prepare(text);
    const known = statements.get(text) ?? prepare(text);
    statements.set(text, known);
    return known;
  };
}

/**
 * `limit`, for a number that may differ each time. SQLite looks at a bare parameter here when it plans, so it would plan
 * the statement anew each time that one is bound, even to the same number; into a cast it does not look.
 */
export const limit = (rows: RawBuilder<unknown> | number) => sql`limit cast(${rows} as bigint)`;
/** `offset`, likewise. */
export const offset = (rows: RawBuilder<unknown> | number) => sql`offset cast(${rows} as bigint)`;
