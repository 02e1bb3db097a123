import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MikroORM } from '@mikro-orm/core';
import { expect } from 'chai';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { ormOptions } from '../../src/database/options.ts';
import { ENTITIES } from '../../src/server/entities.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { startErrorOf } from '../database/opening.ts';
import { expectTrue, rowsOf } from '../seed/recount.ts';
import { freshEnvironment, migratedEnvironment, onEachDatabase, startApp } from '../support/app.ts';
import { mikroOrm } from '../support/mikro-orm.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import { postgresql } from '../support/services.ts';
import { runSql } from '../support/sqlite.ts';
import { type GoServer, importCommand, makeGoServer, runImport, runImportShared } from './go-server.ts';
import { volumeOf } from './volume.ts';

const ROOT = join(import.meta.dirname, '../..');
const SMALL = volumeOf({ people: 20, messages: 200 });

onEachDatabase('An import', (kind) => {
  let go: GoServer;
  let folder: string;
  let fresh: Awaited<ReturnType<typeof freshEnvironment>>;
  let target: string;
  before(async function () {
    this.timeout(60_000);
    go = await makeGoServer(kind);
    await go.insert(SMALL);
  });
  after(() => go.remove());
  beforeEach(async function () {
    this.timeout(60_000);
    folder = makeTemporaryFolder('import');
    fresh = await migratedEnvironment(kind);
    target = fresh.env.DATABASE_URL as string;
  });
  afterEach(async () => {
    await fresh.remove();
    removeTemporaryFolder(folder);
  });

  async function runOnTarget(sql: string): Promise<void> {
    if (kind === 'sqlite') runSql(target, sql);
    else await (await postgresql())?.query(target, sql);
  }
  async function storedRows() {
    const database = await openDatabase(readConfig(fresh.env).database);
    const rows = await rowsOf(database);
    await database.close();
    return rows;
  }
  async function expectNothing(): Promise<void> {
    const { conversations, messages, participants } = await storedRows();
    expect([conversations, messages, participants]).to.deep.equal([[], [], []]);
  }
  /** All that the source contains. */
  async function sourceContent(): Promise<string> {
    if (kind === 'sqlite')
      return createHash('sha256')
        .update(readFileSync(go.url.replace('sqlite:', '')))
        .digest('hex');
    const tables = ['users', 'conversations', 'participants', 'messages', 'message_status', 'otp_codes'];
    const rows = tables.map(
      (table) => `select '${table}', count(*), md5(string_agg(t::text, '|' order by t::text)) from ${table} t`,
    );
    return (await postgresql())?.query(go.url, rows.join(' union all ')) ?? '';
  }

  it('does everything but writing in a dry run, which needs no database, and leaves the source as it is', async () => {
    const before = await sourceContent();
    const { code, stdout, stderr } = await runImportShared(folder, undefined, '--from', go.url, '--dry-run');
    expect(code, stderr).to.equal(0);
    expect(stdout).to.match(/^This would be imported; nothing was written:\n {2}users +20 /);
    expect(readFileSync(join(folder, 'import-report.jsonl'), 'utf8')).to.match(/"done":true,"dry_run":true/);
    expect(readdirSync(folder), 'no database was made').to.deep.equal(['import-report.jsonl']);
    expect((await runImportShared(folder, target, '--from', go.url)).code).to.equal(0);
    expect(await sourceContent()).to.equal(before);
    if (kind === 'sqlite') expect(existsSync(`${go.url.replace('sqlite:', '')}-journal`)).to.equal(false);
  }).timeout(60_000);

  it('refuses a database that has users, also after an import, and changes nothing', async () => {
    expect((await runImportShared(folder, target, '--from', go.url)).code).to.equal(0);
    const rows = await storedRows();
    const { code, stderr } = await runImportShared(folder, target, '--from', go.url);
    expect(code).to.equal(1);
    expect(stderr).to.match(/^mmchat import failed: the database of DATABASE_URL is not empty: it has users\..*\n$/);
    expect(await storedRows()).to.deep.equal(rows);
  }).timeout(60_000);

  it('refuses a database that a server uses', async () => {
    const app = await startApp(kind);
    try {
      const { code, stderr } = await runImportShared(folder, app.env.DATABASE_URL, '--from', go.url);
      expect([code, stderr]).to.deep.equal([
        1,
        'mmchat import failed: a server uses the database of DATABASE_URL. Stop it, and start the import again.\n',
      ]);
    } finally {
      await app.stop();
    }
  }).timeout(60_000);

  it('refuses a source of another program, itself as the target, and one that cannot be opened', async () => {
    const own = await runImportShared(folder, target, '--from', target);
    expect(own.code).to.equal(1);
    expect(own.stderr).to.match(
      /the source is not a database of the Go server: it has no conversations\.is_group_chat, /,
    );
    const same = await runImportShared(folder, go.url, '--from', go.url);
    expect(same.code).to.equal(1);
    expect(same.stderr).to.match(/not MmChat's database: .*docs\/coming-from-go\.md\.\n$/);
    const missing = kind === 'sqlite' ? `sqlite:${folder}/missing.db` : target.replace(/[^/]*$/, 'missing');
    const gone = await runImportShared(folder, target, '--from', missing);
    expect(gone.code).to.equal(1);
    expect(gone.stderr)
      .to.match(/^mmchat import failed: .*(there is no database at|it has no such database).*--from/)
      .and.not.match(/DATABASE_URL/);
    await expectNothing();
  }).timeout(60_000);

  it('fails and keeps nothing if a figure differs, and can be started again', async () => {
    // a database that loses or changes what was stored
    await runOnTarget(
      kind === 'sqlite'
        ? `create trigger changed after insert on messages when new.id = 100 begin
            update messages set content = content || '!' where id = new.id; end`
        : `create function change() returns trigger language plpgsql as $$ begin new.content = new.content || '!'; return new; end $$;
          create trigger changed before insert on messages for each row when (new.id = 100) execute function change()`,
    );
    const changed = await runImportShared(folder, target, '--from', go.url);
    expect(changed.code).to.equal(1);
    expect(changed.stderr).to.include(
      'the recount differs, so nothing was kept: the text of message 100: the same expected, another found.',
    );
    await expectNothing();
    const dropped = kind === 'sqlite' ? 'drop trigger changed' : 'drop trigger changed on messages';
    await runOnTarget(
      `${dropped}; ${
        kind === 'sqlite'
          ? `create trigger lost after insert on participants when new.user_id = 5 begin
              update participants set settled = settled + 1 where user_id = 5; end`
          : `create function lose() returns trigger language plpgsql as $$ begin new.settled = new.settled + 1; return new; end $$;
            create trigger lost before insert on participants for each row when (new.user_id = 5) execute function lose()`
      }`,
    );
    const lost = await runImportShared(folder, target, '--from', go.url);
    expect(lost.code).to.equal(1);
    expect(lost.stderr).to.match(/message_count - settled of user 5 in conversation 1: \d+ expected, \d+ found\./);
    await expectNothing();
    await runOnTarget(kind === 'sqlite' ? 'drop trigger lost' : 'drop trigger lost on participants');
    expect((await runImportShared(folder, target, '--from', go.url)).code).to.equal(0);
    expectTrue(await storedRows());
  }).timeout(120_000);

  it('that is killed leaves an empty database, on which a server or another import can start', async () => {
    const { command, args, options } = importCommand(folder, target, '--from', go.url);
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
    let output = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes('writing read states')) child.kill('SIGKILL');
    });
    const [, signal] = await once(child, 'exit');
    expect(signal, output).to.equal('SIGKILL');
    const app = await createApp(readConfig(fresh.env));
    await app.stop();
    await expectNothing();
    expect((await runImportShared(folder, target, '--from', go.url)).code).to.equal(0);
    expectTrue(await storedRows());
  }).timeout(60_000);
});

onEachDatabase('The database of a Go server', (kind) => {
  let go: GoServer;
  before(async () => {
    go = await makeGoServer(kind);
  });
  after(() => go.remove());

  it('is refused by a start and by a migration at once, in one sentence that names the document', async () => {
    const content = async () =>
      kind === 'sqlite'
        ? readFileSync(go.url.replace('sqlite:', '')).toString('latin1')
        : await (await postgresql())?.query(go.url, "select string_agg(relname, ',' order by oid) from pg_class");
    const before = await content();
    const sentence =
      /not MmChat's database: it holds tables of another program .*Nothing was changed\..*see docs\/coming-from-go\.md\.$/m;
    expect(await startErrorOf(readConfig({ DATABASE_URL: go.url }).database))
      .to.match(sentence)
      .and.not.include('\n');
    const orm = await MikroORM.init(
      ormOptions(readConfig({ DATABASE_URL: go.url }).database, ENTITIES, { silent: true }),
    );
    const refusal = await orm.migrator.up().catch(({ message }: Error) => message);
    await orm.close(true);
    expect(refusal).to.match(sentence);
    if (kind === 'sqlite') {
      const { output } = await mikroOrm(ROOT, 'migration:up', { DATABASE_URL: go.url });
      expect(output.replaceAll(/\s+/g, ' ')).to.match(/not MmChat's database: .*docs\/coming-from-go\.md\./);
    }
    expect(await content()).to.equal(before);
  }).timeout(60_000);
});

onEachDatabase('The database of an older Go server', (kind) => {
  it('is imported without addresses, deletions and edits, and the output names what is missing', async () => {
    const folder = makeTemporaryFolder('import');
    const go = await makeGoServer(kind, { older: true });
    const fresh = await freshEnvironment(kind);
    try {
      const without = (rows: readonly object[] = [], ...columns: string[]) =>
        rows.map((row) => Object.fromEntries(Object.entries(row).filter(([column]) => !columns.includes(column))));
      await go.insert({
        ...SMALL,
        users: without(SMALL.users, 'email'),
        messages: without(SMALL.messages, 'is_deleted', 'edited_at'),
      });
      const { code, stdout, stderr } = await runImportShared(folder, fresh.env.DATABASE_URL, '--from', go.url);
      expect(code, stderr).to.equal(0);
      for (const column of ['users.email', 'messages.is_deleted', 'messages.edited_at'])
        expect(stdout).to.include(`column ${column}: not there`);
      const database = await openDatabase(readConfig(fresh.env).database);
      const { messages } = await rowsOf(database);
      await database.close();
      expect(messages).to.have.length(200);
      expect(messages.filter(({ deletedAt, editedAt }) => deletedAt !== null || editedAt !== null)).to.deep.equal([]);
    } finally {
      await fresh.remove();
      await go.remove();
      removeTemporaryFolder(folder);
    }
  }).timeout(60_000);
});

describe('The command import', () => {
  let folder: string;
  before(() => {
    folder = makeTemporaryFolder('import');
  });
  after(() => removeTemporaryFolder(folder));

  it('explains itself with --help, and what is wrong with its options', async () => {
    const help = await runImport(folder, undefined, '--help');
    expect(help.code).to.equal(0);
    for (const option of ['--from', '--dry-run', '--report']) expect(help.stdout).to.include(option);
    const missing = await runImportShared(folder, undefined);
    expect([missing.code, missing.stderr]).to.deep.equal([
      1,
      'mmchat import failed:\n  --from is missing: postgres://… or sqlite:PATH\n',
    ]);
    const wrong = await runImportShared(folder, undefined, '--from', 'mysql://root:secret@host/db');
    expect(wrong.stderr)
      .to.match(/--from has to be postgres:\/\/…/)
      .and.not.include('secret');
    const unknown = await runImport(folder, undefined, '--form', 'x');
    expect([unknown.code, unknown.stderr.includes('--help')]).to.deep.equal([2, true]);
  }).timeout(30_000);

  it('never replaces a file that is no report, such as the source', async () => {
    const go = await makeGoServer('sqlite');
    const file = go.url.replace('sqlite:', '');
    const before = readFileSync(file);
    const { code, stderr } = await runImportShared(folder, undefined, '--from', go.url, '--dry-run', '--report', file);
    expect([code, stderr]).to.deep.equal([
      1,
      `mmchat import failed: ${file} is not the report of an import. Nothing was changed. Name another --report.\n`,
    ]);
    expect(readFileSync(file).equals(before)).to.equal(true);
    await go.remove();
  }).timeout(30_000);

  it('refuses ids that cannot be kept, and a file that is no database', async () => {
    const go = await makeGoServer('sqlite');
    for (const [column, sql] of Object.entries({
      'messages.id': "insert into messages (id, content) values (-1, 'x')",
      'participants.user_id':
        "delete from messages; insert into participants (conversation_id, user_id) values (1, 'a0ee-bc99')",
      'users.id':
        "delete from participants; insert into users (id, username, password_hash) values (9007199254740993, 'x', 'y')",
    })) {
      await go.run(sql);
      const { code, stderr } = await runImportShared(folder, undefined, '--from', go.url, '--dry-run');
      expect(code).to.equal(1);
      expect(stderr).to.include(`${column} has to be a whole number from 1 to 2^53 - 1`);
    }
    await go.run(`drop table messages; create table messages (id int, conversation_id int, sender_id int, content text, sent_at text);
      delete from users; insert into messages (id) values (7), (7)`);
    const twice = await runImportShared(folder, undefined, '--from', go.url, '--dry-run');
    expect(twice.stderr).to.include('messages.id is 7 in several rows');
    await go.remove();
    const text = join(folder, 'text.db');
    writeFileSync(text, 'no database'.repeat(1_000));
    const { code, stderr } = await runImportShared(folder, undefined, '--from', `sqlite:${text}`, '--dry-run');
    expect(code).to.equal(1);
    expect(stderr).to.include('the file is no SQLite database').and.to.include('--from');
  }).timeout(60_000);
});
