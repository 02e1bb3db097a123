import { expect } from 'chai';
import { readConfig } from '../../src/config/config.ts';
import { Migrator } from '../../src/database/migrator.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { freshEnvironment, onEachDatabase } from '../support/app.ts';
import { requirePostgresql } from '../support/services.ts';
import { query } from './filled.ts';
import { Project } from './project.ts';

/** The state that our migrator ensures during migrations, recorded by one of them: foreign keys off, the lock held. */
const WITNESS = {
  sqlite: 'create table witness as select foreign_keys as seen from pragma_foreign_keys',
  postgresql: `create table witness as select count(*) as seen from pg_locks
    where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())`,
};
const SEEN = { sqlite: '0', postgresql: '1' };

// MikroORM silently registers its own migrator over an extension that is not named `Migrator`
onEachDatabase('The migrator with safety measures', (kind) => {
  let environment: Awaited<ReturnType<typeof freshEnvironment>>;
  beforeEach(async () => {
    environment = await freshEnvironment(kind);
  });
  afterEach(() => environment.remove());

  it('is used by a start', async () => {
    const database = await openDatabase(readConfig(environment.env).database);
    expect(database.orm.migrator).to.be.an.instanceof(Migrator);
    await database.close();
  });

  it('is used by the command line', async function () {
    this.timeout(120_000);
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
