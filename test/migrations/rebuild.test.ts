import { Migrator as PlainMigrator } from '@mikro-orm/migrations';
import { expect } from 'chai';
import { Filled, openWith, query, rowsOf } from './filled.ts';
import { Project } from './project.ts';

const PARENTS = ['conversations', 'users'];
const CHILDREN = ['messages', 'participants', 'read_ranges', 'sessions', 'tickets'];

describe('A migration on SQLite that rebuilds referenced tables', () => {
  let filled: Filled;
  let project: Project;
  let rebuilding: string;
  before(async function () {
    this.timeout(180_000);
    filled = await Filled.create();
    project = new Project();
    project.changeParents();
    const { code, outputs } = await project.severalCommands(['create'], filled.copy());
    expect(code, outputs.join('\n')).to.equal(0);
    rebuilding = project.migrations('sqlite').at(-1) ?? '';
  });
  after(() => {
    filled.remove();
    project.remove();
  });

  const columnOf = (database: string, table: string, name: string) =>
    query(database, `select "notnull" as required from pragma_table_info('${table}') where name = '${name}'`);

  /** Whether the tables are the old or the rebuilt ones. */
  function expectRequired(database: string, required: 0 | 1): void {
    expect(columnOf(database, 'users', 'username')).to.deep.equal([{ __proto__: null, required }]);
    expect(columnOf(database, 'conversations', 'is_group')).to.deep.equal([{ __proto__: null, required }]);
  }

  it('keeps all rows of all tables, up and down through the command line', async () => {
    const database = filled.copy();
    const rows = rowsOf(database);
    for (const table of [...PARENTS, ...CHILDREN]) expect(rows[table], `${table} has rows to lose`).not.to.be.empty;

    for (const [command, required] of [
      ['up', 0],
      ['down', 1],
    ] as const) {
      const { code, output } = await project.migration(command, database);
      expect(code, output).to.equal(0);
      expect(output).to.include(`Processing '${rebuilding}'`);
      expectRequired(database, required);
      expect(rowsOf(database)).to.deep.equal(rows);
      expect(query(database, 'pragma foreign_key_check')).to.deep.equal([]);
    }
  }).timeout(120_000);

  it('would empty the referencing tables with MikroORM’s migrator', async () => {
    const database = filled.copy();
    const rows = rowsOf(database);
    const orm = await openWith(PlainMigrator, project, database);
    expect(await orm.migrator.up()).to.have.length(1);
    await orm.close(true);

    expectRequired(database, 0);
    const after = rowsOf(database);
    for (const table of PARENTS) expect(after[table], table).to.have.length(rows[table]?.length ?? Number.NaN);
    for (const table of CHILDREN) expect(after[table], table).to.deep.equal([]);
  });
});
