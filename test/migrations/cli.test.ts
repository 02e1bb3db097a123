import { expect } from 'chai';
import { freshEnvironment, onEachDatabase } from '../support/app.ts';
import { migrateTemplate } from '../support/migrated.ts';
import { Project } from './project.ts';

const UP_TO_DATE = 'No changes required, schema is up-to-date';
const CHANGED = 'Changes detected. Please create migration to update schema.\n';

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

  /** Runs commands that succeed, and returns what each printed. */
  async function run(...commands: string[]): Promise<string[]> {
    const { code, outputs } = await project.severalCommands(commands, database);
    expect(code, outputs.join('\n')).to.equal(0);
    expect(outputs).to.have.length(commands.filter((command) => !command.includes('=')).length);
    return outputs;
  }
  const namesIn = (output = '') => output.match(/Migration\w+/g) ?? [];

  it('lists pending migrations, migrates up and down again, and finds no difference to the entities', async () => {
    const names = project.migrations(kind);
    const steps = ['check', 'create', 'pending', 'up', 'pending', 'down', 'pending', 'up'];
    const [checked, created, before, up, none, down, last, upAgain, compared] = await run(
      ...[...steps, project.withoutSnapshot(kind), 'check'],
    );
    expect(checked, 'entities and migrations').to.include(UP_TO_DATE);
    expect(created).to.include(UP_TO_DATE);

    expect(namesIn(before)).to.deep.equal(names);
    for (const name of names) expect(up).to.include(`Applied '${name}'`);
    expect(up).to.include('Successfully migrated up to the latest version');
    expect(none).to.include('No pending migrations');
    expect(down)
      .to.include(`Reverted '${names.at(-1)}'`)
      .and.include('Successfully migrated down to previous version');
    expect(namesIn(last)).to.deep.equal(names.slice(-1));
    expect(upAgain, 'it was reverted completely').to.include(`Applied '${names.at(-1)}'`);
    expect(compared, 'entities and the migrated database').to.equal(`${UP_TO_DATE}\n`);
    expect(project.migrations(kind)).to.deep.equal(names);
  }).timeout(180_000);

  it('detects a changed entity, and creates a migration for it that goes up and down', async () => {
    const names = project.migrations(kind);
    await migrateTemplate(database);
    project.changeParents();
    const { code, output } = await project.migration('check', database);
    expect([code, output]).to.deep.equal([1, CHANGED]);

    const [created, checked] = await run('create', 'check');
    const [name, ...others] = project.migrations(kind).filter((each) => !names.includes(each));
    expect(others).to.deep.equal([]);
    expect(created).to.include(`${name}.ts successfully created`);
    expect(checked).to.include(UP_TO_DATE);

    const steps = [project.withoutSnapshot(kind), 'up', 'check', 'down', 'check'];
    const applied = await project.severalCommands(steps, database);
    const [up, migrated, down, reverted] = applied.outputs;
    expect(up).to.include(`Applied '${name}'`);
    expect(migrated, 'the change is applied').to.include(UP_TO_DATE);
    expect(down).to.include(`Reverted '${name}'`);
    expect([applied.code, reverted], 'the change is reverted').to.deep.equal([1, CHANGED]);
  }).timeout(180_000);
});
