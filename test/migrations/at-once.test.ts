import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { sql } from 'kysely';
import { openDatabase } from '../../src/server/open-database.ts';
import { type Program, startProgram } from '../config/program.ts';
import { post } from '../support/people.ts';
import type { PostgreSql } from '../support/postgresql.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import type { Redis } from '../support/redis.ts';
import { requirePostgresql, requireRedis } from '../support/services.ts';
import { IS_SOAK } from '../support/soak.ts';
import { Project } from './project.ts';

const AT_ONCE = IS_SOAK ? [1, 2, 3, 4, 5, 6] : [1, 2];
const JWT_SECRET = 'a secret for tests that is long enough to be one';

describe('Concurrent starts on one empty PostgreSQL database', () => {
  let postgresql: PostgreSql;
  let database: string;
  let redis: Redis;
  let project: Project;
  before(async function () {
    this.timeout(120_000);
    postgresql = await requirePostgresql(this);
    redis = await requireRedis(this);
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

  it('of servers all succeed, and one of them migrates', async () => {
    const folder = makeTemporaryFolder('starts');
    const start = (each: number): Promise<Program> => {
      const own = join(folder, `${each}`);
      mkdirSync(own); // no .env of the checkout may be read
      return startProgram(own, { DATABASE_URL: database, REDIS_URL: redis.url, JWT_SECRET });
    };
    const started = await Promise.allSettled(AT_ONCE.map(start));
    const programs = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    try {
      expect(started.filter(({ status }) => status === 'rejected')).to.deep.equal([]);
      for (const [index, { url }] of programs.entries()) {
        const answer = await post(`${url}/api/login`, { username: `nobody${index}`, password: 'StrongPassword123' });
        expect(answer.status, 'it has queried the user').to.equal(401);
      }
      await expectMigratedOnce();
    } finally {
      await Promise.all(programs.map((program) => program.stop()));
      removeTemporaryFolder(folder);
    }
  }).timeout(180_000);

  it('of command lines all succeed, and one of them migrates', async () => {
    const outcomes = await Promise.all(AT_ONCE.map(() => project.migration('up', database)));
    for (const { code, output } of outcomes) {
      expect(code, output).to.equal(0);
      expect(output).to.include('Successfully migrated up to the latest version');
    }
    expect(outcomes.filter(({ output }) => output.includes('Applied'))).to.have.length(1);
    await expectMigratedOnce();
  }).timeout(180_000);
});

describe('Concurrent starts on one empty SQLite file', () => {
  it('of command lines all succeed, and one of them migrates', async () => {
    const folder = makeTemporaryFolder('starts');
    const project = new Project();
    const path = join(folder, 'starts.sqlite');
    try {
      const outcomes = await Promise.all(AT_ONCE.map(() => project.migration('up', `sqlite:${path}`)));
      for (const { code, output } of outcomes) expect(code, output).to.equal(0);
      const database = await openDatabase({ kind: 'sqlite', path });
      const { rows } = await sql<{ name: string }>`select name from mikro_orm_migrations`.execute(database.sql);
      await database.close();
      expect(
        rows.map(({ name }) => name),
        'each once',
      ).to.have.members(project.migrations('sqlite'));
    } finally {
      project.remove();
      removeTemporaryFolder(folder);
    }
  }).timeout(180_000);
});
