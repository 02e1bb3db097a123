import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import { readConfig } from '../../src/config/config.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { runProgram } from '../config/program.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import { startErrorOf } from './opening.ts';

describe('A SQLite file', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = makeTemporaryFolder('file');
    file = join(folder, 'chat.sqlite');
  });
  afterEach(() => removeTemporaryFolder(folder));

  const open = (path = file) => startErrorOf({ kind: 'sqlite', path });

  it('is created in an existing folder, which the start reports; the second start uses it', async () => {
    for (const made of [`a new database was made at ${file}`, undefined]) {
      const database = await openDatabase({ kind: 'sqlite', path: file });
      expect(database.created).to.equal(made);
      await database.close();
    }
  });

  it('in a missing folder is refused, without creating a folder, a file or a secret; or created if configured', async () => {
    const path = join(folder, 'mistyped', 'chat.sqlite');
    const { code, stdout, stderr } = await runProgram(folder, { DATABASE_URL: `sqlite:${path}` });
    expect([code, stdout]).to.deep.equal([1, '']);
    expect(stderr.trimEnd()).to.match(
      /^MmChat cannot start: the folder .*mistyped, does not exist.*DATABASE_CREATE=on.*$/,
    );
    expect(readdirSync(folder)).to.deep.equal([]);
    const { database } = readConfig({ DATABASE_URL: `sqlite:${path}`, DATABASE_CREATE: 'on' });
    await (await openDatabase(database)).close();
    expect(existsSync(path)).to.equal(true);
  }).timeout(120_000);

  it('with tables of another program is refused at once in one line, and no byte of it is changed', async () => {
    const other = new DatabaseSync(file);
    for (const table of ['users', 'conversations', 'participants', 'messages', 'message_status', 'otp_codes'])
      other.exec(`create table ${table} (id integer primary key)`);
    other.close();
    const before = readFileSync(file);
    const { code, stderr } = await runProgram(folder, { DATABASE_URL: `sqlite:${file}`, JWT_SECRET: 'x' });
    expect(code).to.equal(1);
    expect(stderr.trimEnd()).to.match(
      /^MmChat cannot start: not MmChat's database: .*users.*Name another file in DATABASE_URL\. .*docs\/coming-from-go\.md\.$/,
    );
    expect(readFileSync(file).equals(before)).to.equal(true);
    expect(readdirSync(folder)).to.deep.equal(['chat.sqlite']);
  }).timeout(120_000);

  it('that is no database is refused with its path and what to do', async () => {
    writeFileSync(file, 'Dear diary, this is no database.'.repeat(100));
    expect(await open()).to.match(/^the database .*chat\.sqlite cannot be used: the file is no SQLite database\. /);
    expect(await open(folder), 'a folder')
      .to.include(folder)
      .and.match(/cannot be opened/);
  });
});
