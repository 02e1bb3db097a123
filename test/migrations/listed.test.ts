import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import * as postgresql from '../../src/database/migrations/postgresql/index.ts';
import * as sqlite from '../../src/database/migrations/sqlite/index.ts';
import { post } from '../support/people.ts';
import { makeTemporaryFolder, removeTemporaryFolder, startProcess } from '../support/processes.ts';
import { requirePostgresql } from '../support/services.ts';
import { Project } from './project.ts';

const LISTS = { sqlite, postgresql };
const LISTENS = /MmChat listens on (\S+)/;

describe('Migrations', () => {
  for (const kind of ['sqlite', 'postgresql'] as const)
    it(`for ${kind} are all in the list, under the stored names`, () => {
      const files = readdirSync(join(import.meta.dirname, '../../src/database/migrations', kind));
      const names = files.filter((file) => /^Migration.*\.ts$/.test(file)).map((file) => file.slice(0, -'.ts'.length));
      expect(Object.keys(LISTS[kind])).to.have.members(names);
      for (const [name, each] of Object.entries(LISTS[kind]))
        expect(new each(null as never, null as never).name).to.equal(name);
    });

  it('are found by the server in a folder with brackets and wildcards in its name', async () => {
    const project = new Project('odd ( ) [ab] { } * ?');
    const folder = makeTemporaryFolder('odd');
    try {
      const program = await startProcess(process.execPath, [join(project.folder, 'src/main.ts')], {
        ready: LISTENS,
        cwd: folder,
        env: { PATH: process.env.PATH, HTTP_ADDR: '127.0.0.1:0' },
      });
      const [, address] = LISTENS.exec(program.output()) ?? [];
      const answer = await post(`${address}/api/login`, { username: 'nobody', password: 'StrongPassword123' });
      expect(answer.status, 'it has queried the user').to.equal(401);
      expect((await fetch(`${address}/readyz`)).status).to.equal(200);
      await program.stop();
    } finally {
      project.remove();
      removeTemporaryFolder(folder);
    }
  }).timeout(120_000);

  // in a folder with [ ] * or ? in its name, MikroORM’s command line does not find the project, and reports it
  it('are found by the command line in a folder with brackets in its name', async () => {
    const project = new Project('odd ( ) { }');
    try {
      const { code, output } = await project.migration('pending', '');
      expect(code, output).to.equal(0);
      expect(output.match(/Migration\w+/g)).to.deep.equal(project.migrations('sqlite'));
    } finally {
      project.remove();
    }
  }).timeout(120_000);
});

describe('Listing pending migrations on the command line', () => {
  it('changes nothing: creates no folder, file, secret or table', async function () {
    this.timeout(180_000);
    const server = await requirePostgresql(this);
    const database = await server.createDatabase();
    const project = new Project();
    const folder = makeTemporaryFolder('asking');
    try {
      const before = readdirSync(project.folder, { recursive: true }).filter(
        (file) => !`${file}`.startsWith('node_modules'),
      );
      const missing = `sqlite:${join(folder, 'no/such/chat.sqlite')}`;
      const steps = ['pending', 'check', `DATABASE_URL=${missing}`, 'pending'];
      const others = [`DATABASE_URL=${database}`, 'pending', 'check'];
      const { code, outputs } = await project.severalCommands([...steps, ...others], '');
      expect(code, outputs.join('\n')).to.equal(0);
      expect(outputs).to.have.length(5);
      const after = readdirSync(project.folder, { recursive: true }).filter(
        (file) => !`${file}`.startsWith('node_modules'),
      );
      expect(after).to.deep.equal(before);
      expect(readdirSync(folder)).to.deep.equal([]);
      const tables = `select count(*) from information_schema.tables where table_schema = 'public'`;
      expect(await server.query(database, tables)).to.equal('0');
    } finally {
      project.remove();
      removeTemporaryFolder(folder);
      await server.dropDatabase(database);
    }
  });
});
