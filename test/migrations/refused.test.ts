import type { MikroORM } from '@mikro-orm/core';
import { expect } from 'chai';
import { Migrator } from '../../src/database/migrator.ts';
import { Filled, openWith, query, rowsOf } from './filled.ts';
import { Project } from './project.ts';

const BROKEN = 'insert into nowhere select 1';
const DANGLING = 'delete from users where id = (select min(id) from users)';

describe('A migration that fails on SQLite', () => {
  let filled: Filled;
  let project: Project;
  let database: string;
  before(async function () {
    this.timeout(120_000);
    filled = await Filled.create();
  });
  after(() => filled.remove());
  beforeEach(() => {
    project = new Project();
    database = filled.copy();
  });
  afterEach(() => project.remove());

  async function foreignKeysOf({ em }: MikroORM): Promise<unknown> {
    return em.getConnection().execute('pragma foreign_keys');
  }

  /** Reports the reason in this process, as in a start of the server, and leaves everything as it was. */
  async function expectRefusal(names: string[], reason: string): Promise<void> {
    const rows = rowsOf(database);
    const orm = await openWith(Migrator, project, database);
    try {
      const error = await orm.migrator.up().then(
        () => undefined,
        (refusal: Error) => refusal,
      );
      expect(error?.message).to.include(reason);
      expect(await foreignKeysOf(orm), 'foreign keys are on').to.deep.equal([{ foreign_keys: 1 }]);
      expect((await orm.migrator.getPending()).map((pending) => pending.name)).to.deep.equal(names);
    } finally {
      await orm.close(true);
    }
    expect(rowsOf(database)).to.deep.equal(rows);
  }

  it('halfway leaves the rows unchanged, and foreign keys on', async () => {
    const statements = ['create table copies as select * from users', 'drop table users', BROKEN];
    await expectRefusal([project.addMigration('sqlite', ...statements)], 'no such table: nowhere');
  }).timeout(120_000);

  it('because of a violated foreign key is refused, undone with the earlier ones of the same run, and not recorded', async () => {
    expect(query(database, 'select * from sessions')).not.to.be.empty;
    const first = project.addMigration('sqlite', 'create table firsts (id integer)');
    const name = project.addMigration('sqlite', DANGLING);
    const reason = 'rows that point to nothing';
    const rows = rowsOf(database);
    const { code, output } = await project.migration('up', database);
    expect(code, output).to.equal(1);
    expect(output, 'the first ran').to.include(`Processing '${first}'`);
    expect(output).to.include(reason, output);
    expect(rowsOf(database)).to.deep.equal(rows);
    await expectRefusal([first, name], reason); // still pending, so the command line has not recorded them
  }).timeout(120_000);

  it('does not prevent the next one, with foreign keys on after it', async () => {
    project.addMigration('sqlite', DANGLING);
    const orm = await openWith(Migrator, project, database);
    try {
      await orm.migrator.up().catch(() => undefined);
      expect(await orm.migrator.down(), 'down runs').to.have.length(1);
      expect(await foreignKeysOf(orm)).to.deep.equal([{ foreign_keys: 1 }]);
    } finally {
      await orm.close(true);
    }
  });
});
