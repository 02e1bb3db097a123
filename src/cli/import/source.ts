import type { Columns } from './tables.ts';

/** The database of the Go server, as it was at one moment; nothing is ever written to it. */
export type Source = {
  readonly columns: Columns;
  count(table: string): Promise<number>;
  /** All rows in no particular order, some at a time: the values of these columns. */
  rows(table: string, columns: readonly string[]): AsyncIterable<readonly (readonly unknown[])[]>;
  close(): Promise<void>;
};

export const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
