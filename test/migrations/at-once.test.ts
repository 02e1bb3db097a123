import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { sql } from 'kysely';
import { Database } from '../../src/database.ts';
import { type Program, startProgram } from '../config/program.ts';
import { post } from '../support/people.ts';
import type { PostgreSql } from '../support/postgresql.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import { requirePostgresql } from '../support/services.ts';
import { Project } from './project.ts';

const SIX = [1, 2, 3, 4, 5, 6];
const JWT_SECRET = 'a secret for tests that is long enough to be one';

describe('Six that find one empty PostgreSQL', () => {
  let postgresql: PostgreSql;
  let database: string;
  let project: Project;
  before(async function () {
    this.timeout(30_000);
    postgresql = await requirePostgresql(this);
    project = new Project();
  });
  after(() => project?.remove());
  beforeEach(async () => {
    database = await postgresql.createDatabase();
  });
  afterEach(() => postgresql.dropDatabase(database));

  async function expectMigratedOnce(): Promise<void> {
    const recorded = await postgresql.query(database, 'select name from mikro_orm_migrations order by id');
    expect(recorded.split('\n')).to.deep.equal(project.migrations('postgresql'));
  }

  it('servers all come up, and one of them migrates', async () => {
    const folder = makeTemporaryFolder('six');
    const start = (each: number): Promise<Program> => {
      const own = join(folder, `${each}`);
      mkdirSync(own); // no .env of the checkout may reach it
      return startProgram(own, { DATABASE_URL: database, JWT_SECRET });
    };
    const started = await Promise.allSettled(SIX.map(start));
    const programs = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    try {
      expect(started.filter(({ status }) => status === 'rejected')).to.deep.equal([]);
      for (const { url } of programs) {
        const answer = await post(`${url}/api/login`, { username: 'nobody', password: 'StrongPassword123' });
        expect(answer.status, 'it has looked for the user').to.equal(401);
      }
      await expectMigratedOnce();
    } finally {
      await Promise.all(programs.map((program) => program.stop()));
      removeTemporaryFolder(folder);
    }
  }).timeout(60_000);

  it('command lines all succeed, and one of them migrates', async () => {
    const outcomes = await Promise.all(SIX.map(() => project.migration('up', database)));
    for (const { code, output } of outcomes) {
      expect(code, output).to.equal(0);
      expect(output).to.include('Successfully migrated up to the latest version');
    }
    expect(outcomes.filter(({ output }) => output.includes('Applied'))).to.have.length(1);
    await expectMigratedOnce();
  }).timeout(60_000);
});

describe('Six that find one empty SQLite file', () => {
  it('all come up, and one of them migrates', async () => {
    const folder = makeTemporaryFolder('six');
    const started = await Promise.allSettled(
      SIX.map(() => startProgram(folder, { DATABASE_URL: `sqlite:${join(folder, 'six.sqlite')}`, JWT_SECRET })),
    );
    const programs = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    try {
      expect(started.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []))).to.deep.equal([]);
      for (const { url } of programs) {
        const answer = await post(`${url}/api/login`, { username: 'nobody', password: 'StrongPassword123' });
        expect(answer.status, 'it has looked for the user').to.equal(401);
      }
      const database = await Database.open({ kind: 'sqlite', path: join(folder, 'six.sqlite') });
      const { rows } = await sql<{ name: string }>`select name from mikro_orm_migrations`.execute(database.sql);
      expect(new Set(rows.map(({ name }) => name)).size, 'each once').to.equal(rows.length);
      await database.close();
    } finally {
      await Promise.all(programs.map((program) => program.stop()));
      removeTemporaryFolder(folder);
    }
  }).timeout(60_000);
});
