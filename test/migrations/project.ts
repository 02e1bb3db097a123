import { execFile } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { DatabaseKind } from '../support/app.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';

const ROOT = join(import.meta.dirname, '../..');
const FILES = ['src', 'mikro-orm.config.ts', 'package.json', 'tsconfig.json'];
const END_WITHIN_MS = 60_000;

type Outcome = { readonly code: unknown; readonly output: string };

/** A copy of the project that a test may change. */
export class Project {
  readonly folder = makeTemporaryFolder('project');

  constructor() {
    for (const file of FILES) cpSync(join(ROOT, file), join(this.folder, file), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(this.folder, 'node_modules'));
  }

  /** Runs `mikro-orm migration:<command>` as `npx` would, to its end, with nothing of the tests' own environment. */
  migration(command: string, database: string): Promise<Outcome> {
    const binaries = join(this.folder, 'node_modules/.bin');
    const options = {
      cwd: this.folder,
      env: { PATH: process.env.PATH, DATABASE_URL: database },
      timeout: END_WITHIN_MS,
      encoding: 'utf8',
    } as const;
    return new Promise((resolve) => {
      execFile(
        join(binaries, 'node'),
        [join(binaries, 'mikro-orm'), `migration:${command}`],
        options,
        (error, stdout, stderr) =>
          resolve({ code: error === null ? 0 : error.code, output: stripVTControlCharacters(stdout + stderr) }),
      );
    });
  }

  /** The names of the migrations, in their order. */
  migrations(kind: DatabaseKind): string[] {
    const files = readdirSync(join(this.folder, 'src/migrations', kind)).filter((file) => file.endsWith('.ts'));
    return files.map((file) => file.replace(/\.ts$/, '')).sort();
  }

  /** Two tables that others point to, each with a column that may be null from now on: SQLite has to rebuild them. */
  changeParents(): void {
    this.#replace('src/accounts/entities.ts', 'username: p.string().length(32),', 'username: p.string().nullable(),');
    this.#replace('src/conversations/entities.ts', 'isGroup: p.boolean(),', 'isGroup: p.boolean().nullable(),');
  }

  /** Without it MikroORM looks at the database itself. */
  forgetSnapshot(kind: DatabaseKind): void {
    rmSync(join(this.folder, 'src/migrations', kind, '.snapshot.json'));
  }

  /** Adds a migration that is newer than all others and runs these statements. Gives its name. */
  addMigration(kind: DatabaseKind, ...statements: string[]): string {
    const name = `Migration20990101${String(this.migrations(kind).length).padStart(6, '0')}`;
    const up = statements.map((sql) => `this.addSql(${JSON.stringify(sql)});`).join('\n');
    const text = `import { Migration } from '@mikro-orm/migrations';
export class ${name} extends Migration {
  override name = '${name}';
  override up() { ${up} }
}`;
    writeFileSync(join(this.folder, 'src/migrations', kind, `${name}.ts`), text);
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
