import type { CompiledQuery, RawBuilder } from 'kysely';
import { sql } from 'kysely';
import type { Sql } from './database.ts';

/** Stands in a statement for a value that each call brings. */
class Place {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * A statement whose text never changes, for what is asked all the time: Kysely puts the text together once for each
 * database, where doing it anew costs more than a small statement itself.
 * @param make makes the statement, given what to write for a value by its name
 */
export function fixedStatement<Values extends object, Row>(
  make: (value: (name: keyof Values & string) => RawBuilder<unknown>) => RawBuilder<unknown>,
): (db: Sql, values: Values) => Promise<Row[]> {
  const compiled = new WeakMap<object, CompiledQuery>();
  const compile = (db: Sql) => make((name) => sql`${new Place(name)}`).compile(db);
  return async (db, values) => {
    const { adapter } = db.getExecutor();
    const statement = compiled.get(adapter) ?? compile(db);
    compiled.set(adapter, statement);
    const parameters = statement.parameters.map((place) =>
      place instanceof Place ? values[place.name as keyof Values] : place,
    );
    const { rows } = await db.executeQuery({ ...statement, parameters });
    return rows as Row[]; // what its text selects
  };
}
