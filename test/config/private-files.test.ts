import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { mikroOrm } from '../support/mikro-orm.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import { startProgram } from './program.ts';

const ROOT = join(import.meta.dirname, '../..');

/** The permissions of a folder and its files, by name. */
function rightsIn(folder: string): Record<string, string> {
  const rightsOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
  const inside = readdirSync(folder).map((name) => [name, rightsOf(join(folder, name))] as const);
  return { '.': rightsOf(folder), ...Object.fromEntries(inside) };
}

describe('Files that a program creates are private to its user', () => {
  let folder: string;
  let before: number;
  beforeEach(() => {
    folder = makeTemporaryFolder('private');
    before = process.umask(0o022); // the usual umask of most systems
  });
  afterEach(() => {
    process.umask(before);
    removeTemporaryFolder(folder);
  });

  it('when the server starts', async () => {
    const program = await startProgram(folder);
    const rights = rightsIn(join(folder, 'data'));
    await program.stop();
    expect(rights).to.deep.equal({
      '.': '700',
      'jwt-secret': '600',
      'mmchat.sqlite': '600',
      'mmchat.sqlite.lock': '600',
      'mmchat.sqlite-shm': '600',
      'mmchat.sqlite-wal': '600',
    });
  }).timeout(120_000);

  it('when migrations are run manually', async () => {
    const DATABASE_URL = `sqlite:${join(folder, 'data', 'chat.sqlite')}`;
    const { code, output } = await mikroOrm(ROOT, 'migration:up', { DATABASE_URL, DATABASE_CREATE: 'on' });
    expect(code, output).to.equal(0);
    const rights = Object.entries(rightsIn(join(folder, 'data')));
    expect(rights.map(([name]) => name)).to.include('chat.sqlite');
    expect(rights.filter(([name, each]) => each !== (name === '.' ? '700' : '600'))).to.deep.equal([]);
  }).timeout(120_000);
});
