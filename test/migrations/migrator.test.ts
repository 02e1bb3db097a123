import { expect } from 'chai';
import { readConfig } from '../../src/config.ts';
import { Database } from '../../src/database.ts';
import { Migrator } from '../../src/migrator.ts';
import { freshEnvironment, onEachDatabase } from '../support/app.ts';
import { requirePostgresql } from '../support/services.ts';
import { query } from './filled.ts';
import { Project } from './project.ts';

/** What our migrator sees to while migrations run, written down by one of them: the foreign keys are off, the lock is held. */
const WITNESS = {
  sqlite: 'create table witness as select foreign_keys as seen from pragma_foreign_keys',
  postgresql: `create table witness as select count(*) as seen from pg_locks
    where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())`,
};
const SEEN = { sqlite: '0', postgresql: '1' };

// MikroORM registers its own migrator over an extension that is not called `Migrator`, and says nothing
onEachDatabase('The migrator with our safety in it', (kind) => {
  let environment: Awaited<ReturnType<typeof freshEnvironment>>;
  beforeEach(async () => {
    environment = await freshEnvironment(kind);
  });
  afterEach(() => environment.remove());

  it('is the one that a start uses', async () => {
    const database = await Database.open(readConfig(environment.env).database);
    expect(database.orm.migrator).to.be.an.instanceof(Migrator);
    await database.close();
  });

  it('is the one that the command line uses', async function () {
    this.timeout(30_000);
    const url = environment.env.DATABASE_URL ?? '';
    const project = new Project();
    project.addMigration(kind, WITNESS[kind]);
    const { code, output } = await project.migration('up', url);
    project.remove();
    expect(code, output).to.equal(0);
    const sql = 'select seen from witness';
    const seen =
      kind === 'sqlite'
        ? Object.values(query(url, sql)[0] ?? {}).join()
        : await (await requirePostgresql(this)).query(url, sql);
    expect(seen).to.equal(SEEN[kind]);
  });
});
