import { type CompiledQuery, type QueryExecutorProvider, type RawBuilder, sql } from 'kysely';

/*
 * Statements that run all the time are declared once, beside the code that runs them. Their text never changes, so it is
 * built once, and each connection prepares it once. There are two forms:
 *
 *   const findOwn = new Statement<{ userId: number }, User>((value) => sql`… where id = ${value('userId')}`);
 *   await queries.all(findOwn, { userId });
 *
 *   const insertOne = new RowStatement<{ id: number }>((row) => `insert into … select ${row.int(0)} ${row.from} …`);
 *   await queries.run(insertOne, [[1], [2]]);
 */

/** How many prepared statements are kept per connection. */
export const MAX_PREPARED = 200;
/** Longer statements are lists of values, of which hardly two are equal. */
const MAX_PREPARED_CHARACTERS = 4_096;

/** Whether a statement is likely to be run again with the same text. */
export const isReusable = (text: string) => text.length <= MAX_PREPARED_CHARACTERS;

/** Stands in a statement for a value that each call passes. */
class Parameter {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * A statement with named parameters, which Kysely compiles once per database: compiling it again for each call would cost
 * more than running a small statement.
 */
export class Statement<Values extends object, Result> {
  /** Never set: the type of the rows that it returns. */
  declare readonly result?: Result;
  readonly #build: (value: (name: keyof Values & string) => RawBuilder<unknown>) => RawBuilder<unknown>;
  readonly #compiled = new WeakMap<object, CompiledQuery>();

  /** @param build builds the statement; `value` gives the placeholder of a parameter */
  constructor(build: (value: (name: keyof Values & string) => RawBuilder<unknown>) => RawBuilder<unknown>) {
    this.#build = build;
  }

  /** The statement as this database runs it, with these values. */
  bind(db: QueryExecutorProvider, values: Values): CompiledQuery {
    const { adapter } = db.getExecutor();
    let compiled = this.#compiled.get(adapter);
    if (compiled === undefined) {
      compiled = this.#build((name) => sql`${new Parameter(name)}`).compile(db);
      this.#compiled.set(adapter, compiled);
    }
    const parameters = compiled.parameters.map((each) =>
      each instanceof Parameter ? values[each.name as keyof Values] : each,
    );
    return { ...compiled, parameters };
  }
}

/** The values of one row. */
export type Row = readonly (number | string | null)[];

/** How the text of a row statement refers to the row. */
export type RowFields = {
  /** The whole number at this index of the row. */
  int(index: number): string;
  /** The text at this index of the row. */
  text(index: number): string;
  /** The `from` clause, for a statement that reads from no table. */
  readonly from: string;
  /** The rows as one more item of a `from` clause. */
  readonly and: string;
  /** Processes the rows, and returns their results, in the given order. */
  readonly inOrder: string;
  /** Returns the `id` of each inserted row. */
  readonly returningId: string;
  /** Locks the selected rows of a table, in an order, until the transaction ends; SQLite has one writer at a time anyway. */
  locked(table: string, by: string): string;
};

type SingleRow = { readonly text: string; readonly indexes: readonly number[]; readonly returnsId: boolean };

/**
 * A statement that is run for each of many rows. SQLite runs it once per row, which costs little there; PostgreSQL runs
 * it once, with all rows in one parameter.
 */
export class RowStatement<Result = never> {
  /** Never set: the type of the rows that it returns. */
  declare readonly result?: Result;
  readonly #build: (row: RowFields) => string;
  #single: SingleRow | undefined;
  #batch: string | undefined;

  constructor(build: (row: RowFields) => string) {
    this.#build = build;
  }

  /** The form that is run once per row, with `valuesOf` the row; the driver reports the id of an inserted row. */
  get single(): SingleRow {
    this.#single ??= buildSingle(this.#build);
    return this.#single;
  }

  /** The form that is run once for all rows, which are its parameter as one JSON text. */
  get batch(): string {
    this.#batch ??= this.#build(ALL_ROWS);
    return this.#batch;
  }
}

function buildSingle(build: (row: RowFields) => string): SingleRow {
  const indexes: number[] = [];
  let returnsId = false;
  const value = (index: number) => {
    indexes.push(index);
    return '?';
  };
  const text = build({
    int: value,
    text: value,
    from: '',
    and: '',
    inOrder: '',
    get returningId() {
      returnsId = true;
      return '';
    },
    locked: () => '',
  });
  return { text, indexes, returnsId };
}

/** `value` is a row as a JSON array, `key` its position in the list. */
const LIST = 'jsonb_array_elements(cast($1 as jsonb)) with ordinality as each(value, key)';
const ALL_ROWS: RowFields = {
  int: (index) => `cast(value ->> ${index} as bigint)`,
  text: (index) => `value ->> ${index}`,
  from: `from ${LIST}`,
  and: `, ${LIST}`,
  inOrder: 'order by key',
  returningId: 'returning id',
  locked: (table, by) => `order by ${by} for update of ${table}`,
};

/** The parameters of the form that is run once per row. */
export const valuesOf = ({ indexes }: Pick<SingleRow, 'indexes'>, row: Row) =>
  indexes.map((index) => row[index] ?? null);
