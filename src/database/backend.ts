import type { Dialect, RawBuilder } from 'kysely';
import type { Lock } from '../installation/claim.ts';
import type { Conditions } from '../monitoring/conditions.ts';
import type { RunRows, Sql, Transacted, TransactionOptions } from './queries.ts';
import type { FileProblem } from './sqlite/file.ts';

/** Runs a statement without parameters. */
type RunText = (text: string) => Promise<Record<string, unknown>[]>;

export type BackendOptions = {
  /** Receives lasting problems. */
  readonly conditions?: Pick<Conditions, 'begin' | 'end'> | undefined;
  /** Throws if the database belongs to another program. */
  readonly checkTables: (run: RunText) => Promise<void>;
};

/** The differences between SQLite and PostgreSQL. */
export type Backend = {
  readonly kind: 'sqlite' | 'postgresql';
  /** How Kysely, and with it MikroORM, uses the database. */
  readonly dialect: Dialect;
  /** Milliseconds since 1970 by the database's clock, the same throughout a statement, so that an index can be used. */
  readonly moment: RawBuilder<number>;
  /** Whether the database's clock may differ from this computer's. */
  readonly hasOwnClock: boolean;
  /** Whether a batch can begin while another is being committed. */
  readonly overlapping: boolean;
  /** The path of the database; undefined if it is no file. */
  readonly file: string | undefined;
  /** The reason why later commits would be lost. */
  readonly fileProblem: FileProblem | undefined;
  /**
   * Creates the database if it does not exist and that is configured, and checks that the server can use it.
   * @returns what was created, for the summary of the start
   * @throws StartError if it must not be created, or cannot be used
   */
  prepare(): Promise<string | undefined>;
  /** Starts to watch for lasting problems; to be called after the migrations. */
  watch(): void;
  transaction<T>(work: Transacted<T>, options?: TransactionOptions): Promise<T>;
  /** Runs a statement for each row outside a transaction. */
  runRows(db: Sql): RunRows;
  /** The number of connections by state, and of callers that wait for one. */
  connections(): Record<string, number>;
  /**
   * The lock by which servers on this database notice each other.
   * @param shared whether it only excludes servers that do not share it
   */
  lock(shared: boolean): Lock | undefined;
  /** Stops watching. SQLite's file is closed, with Kysely's driver, by MikroORM. */
  close(): Promise<void>;
};
