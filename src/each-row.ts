/** A row of values, as one run of a statement takes them. */
export type Row = readonly (number | string | null)[];

/** How a statement's text names what it is run with. */
export type RowFields = {
  /** A whole number of the row, by its place in it. */
  int(place: number): string;
  text(place: number): string;
  /** The rows, where a statement selects from nothing else. */
  readonly from: string;
  /** The rows, as one more table to select from. */
  readonly and: string;
  /** Has rows handled, and answered, in the order in which they are given. */
  readonly inOrder: string;
  /** Has each insertion answered with its `id`. */
  readonly givingId: string;
  /** Locks what is selected of a table until the transaction ends, in an order; SQLite has one writer at a time anyway. */
  locked(table: string, by: string): string;
};

type Text = { readonly text: string; readonly places: readonly number[]; readonly givesId: boolean };

/**
 * A statement that is run for each row of a list, which may be long: on SQLite as often as there are rows, which there
 * costs next to nothing, on PostgreSQL once, with all of them in one parameter. Its text never varies, so it is built
 * once, and each connection prepares it once.
 */
export class EachRow<Answer = never> {
  /** Never there: what the statement answers with. */
  declare readonly answers?: Answer;
  readonly #build: (row: RowFields) => string;
  #once: Text | undefined;
  #together: string | undefined;

  constructor(build: (row: RowFields) => string) {
    this.#build = build;
  }

  /** To be run once a row, with the values of its places in turn; an id that it gives is the driver's to tell. */
  get once(): Text {
    this.#once ??= onceARow(this.#build);
    return this.#once;
  }

  /** To be run once, with the rows as one JSON text. */
  get together(): string {
    this.#together ??= this.#build(ALL_ROWS);
    return this.#together;
  }
}

/** Runs a statement for each row; answers come in no particular order unless it says so. */
export type RunEach = <Answer>(statement: EachRow<Answer>, rows: readonly Row[]) => Promise<Answer[]>;

function onceARow(build: (row: RowFields) => string): Text {
  const places: number[] = [];
  let givesId = false;
  const value = (place: number) => {
    places.push(place);
    return '?';
  };
  const text = build({
    int: value,
    text: value,
    from: '',
    and: '',
    inOrder: '',
    get givingId() {
      givesId = true;
      return '';
    },
    locked: () => '',
  });
  return { text, places, givesId };
}

/** `value` is a row as a JSON array, `key` its place in the list. */
const LIST = 'jsonb_array_elements(cast($1 as jsonb)) with ordinality as each(value, key)';
const ALL_ROWS: RowFields = {
  int: (place) => `cast(value ->> ${place} as bigint)`,
  text: (place) => `value ->> ${place}`,
  from: `from ${LIST}`,
  and: `, ${LIST}`,
  inOrder: 'order by key',
  givingId: 'returning id',
  locked: (table, by) => `order by ${by} for update of ${table}`,
};

/** What a row gives to a statement that is run once a row. */
export const valuesOf = ({ places }: Pick<Text, 'places'>, row: Row) => places.map((place) => row[place] ?? null);
