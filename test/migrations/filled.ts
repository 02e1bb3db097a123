import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { MikroORM, type Options } from '@mikro-orm/core';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { listOf } from '../../src/database/migrator.ts';
import { ormOptions } from '../../src/database/options.ts';
import { ENTITIES } from '../../src/server/entities.ts';
import { groupOf, privateOf, send } from '../contract/fixture.ts';
import { freshEnvironment } from '../support/app.ts';
import { People } from '../support/people.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import type { Project } from './project.ts';

type Rows = Record<string, object[]>;
type Extension = NonNullable<Options['extensions']>[number];

/** Internal tables of MikroORM and SQLite. */
const INTERNAL = /^(mikro_orm_|sqlite_)/;

/** A SQLite database that a server has filled, for a test to migrate. */
export class Filled {
  readonly #folder = makeTemporaryFolder('filled');
  #copies = 0;

  /** Fills a database through a separate server, and keeps it. */
  static async create(): Promise<Filled> {
    const filled = new Filled();
    const { env, smtp, remove } = await freshEnvironment('sqlite');
    const app = await createApp(readConfig(env));
    await talk(new People(app.url, smtp));
    await app.stop();
    query(env.DATABASE_URL ?? '', `vacuum into '${filled.#path()}'`);
    await remove();
    return filled;
  }

  /** The DATABASE_URL of a new copy. */
  copy(): string {
    this.#copies += 1;
    query(`sqlite:${this.#path(0)}`, `vacuum into '${this.#path()}'`);
    return `sqlite:${this.#path()}`;
  }

  remove(): void {
    removeTemporaryFolder(this.#folder);
  }

  #path(copy = this.#copies): string {
    return join(this.#folder, `${copy}.sqlite`);
  }
}

/** Inserts rows into every table that references another. */
async function talk(people: People): Promise<void> {
  const ann = await people.signUp('ann');
  const ben = await people.signUp('ben');
  const cid = await people.signUp('cid');
  const group = await groupOf(ann, ben, cid);
  await send(ann, group, 'One');
  await send(ann, group, 'Two');
  const { message_id } = await send(ann, group, 'Three');
  await send(ben, await privateOf(ben, cid), 'Between us');
  await ben.rest.ask('read_receipt', { message_ids: [message_id] });
  await cid.rest.ask('ws_ticket');
}

export function query(database: string, sql: string): object[] {
  const opened = new DatabaseSync(database.replace('sqlite:', ''));
  try {
    return opened.prepare(sql).all();
  } finally {
    opened.close();
  }
}

/** All rows of all tables of the project. */
export function rowsOf(database: string): Rows {
  const tables = query(database, `select name from sqlite_master where type = 'table'`) as { name: string }[];
  const own = tables.map(({ name }) => name).filter((name) => !INTERNAL.test(name));
  return Object.fromEntries(own.map((name) => [name, query(database, `select * from ${name} order by rowid`)]));
}

/** The database opened in this process with the project’s migrations and one of two migrators. */
export async function openWith(migrator: Extension, project: Project, database: string): Promise<MikroORM> {
  const migrations = listOf(await import(join(project.folder, 'src/database/migrations/sqlite/index.ts')));
  const config = { kind: 'sqlite', path: database.replace('sqlite:', '') } as const;
  const options = ormOptions(config, ENTITIES, { silent: true, migrations });
  return MikroORM.init({ ...options, baseDir: project.folder, extensions: [migrator] });
}
