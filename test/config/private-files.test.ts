import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import { startProgram } from './program.ts';

const ROOT = join(import.meta.dirname, '../..');

/** The rights of a folder and of what is in it, by name. */
function rightsIn(folder: string): Record<string, string> {
  const rightsOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
  const inside = readdirSync(folder).map((name) => [name, rightsOf(join(folder, name))] as const);
  return { '.': rightsOf(folder), ...Object.fromEntries(inside) };
}

describe('What a program creates is for its own user alone', () => {
  let folder: string;
  let before: number;
  beforeEach(() => {
    folder = makeTemporaryFolder('private');
    before = process.umask(0o022); // what programs get from most systems, and pass on
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
      'mmchat.sqlite-shm': '600',
      'mmchat.sqlite-wal': '600',
    });
  }).timeout(30_000);

  it('when migrations are run by hand', () => {
    const env = { PATH: process.env.PATH, DATABASE_URL: `sqlite:${join(folder, 'data', 'chat.sqlite')}` };
    execFileSync(process.execPath, [join(ROOT, 'node_modules/.bin/mikro-orm'), 'migration:up'], { cwd: ROOT, env });
    const rights = Object.entries(rightsIn(join(folder, 'data')));
    expect(rights.map(([name]) => name)).to.include('chat.sqlite');
    expect(rights.filter(([name, each]) => each !== (name === '.' ? '700' : '600'))).to.deep.equal([]);
  }).timeout(60_000);
});
