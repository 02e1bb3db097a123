import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Row, RowStatement, Statement } from './statement.ts';

/**
 * The tables by name, with the types of their columns: the list of the entities adds them.
 * @public
 */
// biome-ignore lint/suspicious/noEmptyInterface: it is declared further where the entities are listed
export interface Tables {}
/** Runs SQL, inside a transaction or outside: typed queries of Kysely, or hand-written text. */
export type Sql = Kysely<Tables>;
/** Runs a statement for each row; the order of the results is undefined unless the statement defines it. */
export type RunRows = <Result>(statement: RowStatement<Result>, rows: readonly Row[]) => Promise<Result[]>;
/** Runs a statement with these parameters, and returns all rows. */
export type RunStatement = <Values extends object, Result>(
  statement: Statement<Values, Result>,
  values: Values,
) => Promise<Result[]>;

/** How features query the database, inside a transaction or outside. */
export type Queries = {
  readonly sql: Sql;
  readonly all: RunStatement;
  readonly run: RunRows;
};

/**
 * The work of a transaction.
 * @param last takes the last writes of the work: only the commit waits for them
 */
export type Transacted<T> = (queries: Queries, last: (writes: Promise<unknown>) => void) => Promise<T>;
export type TransactionOptions = {
  /** How long PostgreSQL waits for a lock before the transaction fails with `lock_timeout`, in milliseconds. */
  readonly lockWithinMs?: number;
};

/** `all` of queries that run on this Kysely. */
export const runStatementOn =
  (db: Sql): RunStatement =>
  async (statement, values) =>
    (await db.executeQuery(statement.bind(db, values))).rows as never[]; // the type that the statement declares

/** A parameter in a list of values, whose type PostgreSQL would not guess. */
export const int8 = (value: number | null) => sql`cast(${value} as bigint)`;

/**
 * `limit`, for a number that may differ each time. SQLite looks at a bare parameter here when it plans, so it would plan
 * the statement again each time that one is bound, even to the same number; it does not look into a cast.
 */
export const limit = (rows: RawBuilder<unknown> | number) => sql`limit cast(${rows} as bigint)`;
/** `offset`, likewise. */
export const offset = (rows: RawBuilder<unknown> | number) => sql`offset cast(${rows} as bigint)`;
