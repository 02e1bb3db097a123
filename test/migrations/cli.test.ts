import { expect } from 'chai';
import { freshEnvironment, onEachDatabase } from '../support/app.ts';
import { Project } from './project.ts';

const UP_TO_DATE = 'No changes required, schema is up-to-date';

onEachDatabase('In a fresh copy of the project the command line', (kind) => {
  let project: Project;
  let database: string;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    const environment = await freshEnvironment(kind);
    database = environment.env.DATABASE_URL ?? '';
    remove = environment.remove;
    project = new Project();
  });
  afterEach(async () => {
    project.remove();
    await remove();
  });

  async function run(command: string): Promise<string> {
    const { code, output } = await project.migration(command, database);
    expect(code, output).to.equal(0);
    return output;
  }

  it('migrates up and down again, and lists pending migrations', async () => {
    const names = project.migrations(kind);
    const pending = async () => (await run('pending')).match(/Migration\w+/g) ?? [];
    expect(await pending()).to.deep.equal(names);

    const up = await run('up');
    for (const name of names) expect(up).to.include(`Applied '${name}'`);
    expect(up).to.include('Successfully migrated up to the latest version');
    expect(await run('pending')).to.include('No pending migrations');

    const down = await run('down');
    expect(down)
      .to.include(`Reverted '${names.at(-1)}'`)
      .and.include('Successfully migrated down to previous version');
    expect(await pending()).to.deep.equal(names.slice(-1));
    expect(await run('up'), 'it was reverted completely').to.include(`Applied '${names.at(-1)}'`);
  }).timeout(180_000);

  it('finds no difference between the entities, the migrations and the migrated database', async () => {
    expect(await run('check')).to.include(UP_TO_DATE);
    expect(await run('create')).to.include(UP_TO_DATE);

    await run('up');
    project.forgetSnapshot(kind);
    expect(await run('check')).to.include(UP_TO_DATE);
    expect(project.migrations(kind)).to.deep.equal(new Project().migrations(kind));
  }).timeout(180_000);

  it('detects a changed entity, and creates a migration for it that goes up and down', async () => {
    const names = project.migrations(kind);
    await run('up');
    project.changeParents();
    const { code, output } = await project.migration('check', database);
    expect([code, output]).to.deep.equal([1, 'Changes detected. Please create migration to update schema.\n']);

    const created = await run('create');
    const [name, ...others] = project.migrations(kind).filter((each) => !names.includes(each));
    expect(others).to.deep.equal([]);
    expect(created).to.include(`${name}.ts successfully created`);
    expect(await run('check')).to.include(UP_TO_DATE);

    expect(await run('up')).to.include(`Applied '${name}'`);
    project.forgetSnapshot(kind);
    expect(await run('check'), 'the change is applied').to.include(UP_TO_DATE);
    expect(await run('down')).to.include(`Reverted '${name}'`);
    expect((await project.migration('check', database)).code, 'the change is reverted').to.equal(1);
  }).timeout(180_000);
});
