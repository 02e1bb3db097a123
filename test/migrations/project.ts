import { appendFileSync, cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseKind } from '../support/app.ts';
import { mikroOrm, type Outcome, runInProject } from '../support/mikro-orm.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';

const ROOT = join(import.meta.dirname, '../..');
const SEVERAL_COMMANDS = join(import.meta.dirname, 'several-commands.ts');
const FILES = ['src', 'mikro-orm.config.ts', 'package.json', 'tsconfig.json'];

const environmentOf = (database: string): Record<string, string> => (database === '' ? {} : { DATABASE_URL: database });

/** A copy of the project that a test may change. */
export class Project {
  readonly folder: string;

  constructor(name = 'project') {
    this.folder = makeTemporaryFolder(name);
    for (const file of FILES) cpSync(join(ROOT, file), join(this.folder, file), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(this.folder, 'node_modules'));
  }

  /** Runs `mikro-orm migration:<command>` on this database or the default one (''). */
  migration(command: string, database: string): Promise<Outcome> {
    return mikroOrm(this.folder, `migration:${command}`, environmentOf(database));
  }

  /**
   * Runs several of them in one process, which saves most of their time. Returns its exit code and what each printed.
   * @param commands with `DATABASE_URL=` before those on another database, and `withoutSnapshot()`
   */
  async severalCommands(commands: readonly string[], database: string): Promise<{ code: unknown; outputs: string[] }> {
    const program = [SEVERAL_COMMANDS, ...commands];
    const { code, output } = await runInProject(this.folder, program, environmentOf(database));
    return { code, outputs: output.split(/^> .*\n/m).slice(1) };
  }

  /** The names of the migrations, in order. */
  migrations(kind: DatabaseKind): string[] {
    const files = readdirSync(join(this.folder, 'src/database/migrations', kind)).filter((file) =>
      /^Migration.*\.ts$/.test(file),
    );
    return files.map((file) => file.replace(/\.ts$/, '')).sort();
  }

  /** Two referenced tables, each with a column that becomes nullable: SQLite has to rebuild them. */
  changeParents(): void {
    this.#replace('src/accounts/entities.ts', 'username: p.string().length(32),', 'username: p.string().nullable(),');
    this.#replace('src/conversations/entities.ts', 'isGroup: p.boolean(),', 'isGroup: p.boolean().nullable(),');
  }

  /** Removes MikroORM's snapshot between several commands. Without it MikroORM reads the database instead. */
  withoutSnapshot(kind: DatabaseKind): string {
    return `rm=${join(this.folder, 'src/database/migrations', kind, '.snapshot.json')}`;
  }

  /** Adds a migration, newer than all others, that runs these statements. Returns its name. */
  addMigration(kind: DatabaseKind, ...statements: string[]): string {
    const name = `Migration20990101${String(this.migrations(kind).length).padStart(6, '0')}`;
    const up = statements.map((sql) => `this.addSql(${JSON.stringify(sql)});`).join('\n');
    const text = `import { Migration } from '@mikro-orm/migrations';
export class ${name} extends Migration {
  override name = '${name}';
  override up() { ${up} }
}`;
    const folder = join(this.folder, 'src/database/migrations', kind);
    writeFileSync(join(folder, `${name}.ts`), text);
    appendFileSync(join(folder, 'index.ts'), `export { ${name} } from './${name}.ts';\n`);
    return name;
  }

  remove(): void {
    removeTemporaryFolder(this.folder);
  }

  #replace(file: string, before: string, after: string): void {
    const path = join(this.folder, file);
    const text = readFileSync(path, 'utf8');
    if (!text.includes(before)) throw new Error(`${file} has no ${before}`);
    writeFileSync(path, text.replace(before, after));
  }
}
