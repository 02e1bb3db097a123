import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { freshEnvironment } from '../support/app.ts';
import { rest } from '../support/clients.ts';
import { People } from '../support/people.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';

describe('The secret of a development server', () => {
  let folder: string;
  beforeEach(() => {
    folder = makeTemporaryFolder('secret');
  });
  afterEach(() => removeTemporaryFolder(folder));

  const secretFor = (url: string) => readConfig({ DATABASE_URL: url, DATABASE_CREATE: 'on' }).tokens.secret;

  it('is generated once with 256 bits, and stored beside the database, readable by its owner only', () => {
    const url = `sqlite:${join(folder, 'new', 'chat.sqlite')}`;
    const secret = secretFor(url);
    expect(Buffer.from(secret, 'base64url')).to.have.length(32);
    expect(secretFor(url)).to.equal(secret);
    const [file] = readdirSync(join(folder, 'new'));
    expect(readFileSync(join(folder, 'new', file ?? ''), 'utf8')).to.equal(secret);
    expect(statSync(join(folder, 'new', file ?? '')).mode & 0o777).to.equal(0o600);
  });

  it('differs between databases, and between starts with a database in memory', () => {
    expect(secretFor(`sqlite:${join(folder, 'a', 'chat.sqlite')}`)).not.to.equal(
      secretFor(`sqlite:${join(folder, 'b', 'chat.sqlite')}`),
    );
    expect(secretFor('sqlite::memory:')).not.to.equal(secretFor('sqlite::memory:'));
  });

  it('is not used if one is configured', () => {
    const url = `sqlite:${join(folder, 'chat.sqlite')}`;
    secretFor(url);
    expect(readConfig({ DATABASE_URL: url, JWT_SECRET: 'mine' }).tokens.secret).to.equal('mine');
  });

  it('replaces the published one, which anybody could sign tokens with, and the start warns of it', () => {
    const url = `sqlite:${join(folder, 'chat.sqlite')}`;
    for (const NODE_ENV of ['development', 'test', '']) {
      const { tokens, warnings } = readConfig({ DATABASE_URL: url, JWT_SECRET: 'mangal', NODE_ENV });
      expect(tokens.secret).to.equal(secretFor(url)).and.have.length.above(32);
      expect(warnings).to.have.length(1);
      expect(warnings[0]).to.include('JWT_SECRET').and.not.include(tokens.secret);
    }
    expect(readConfig({ DATABASE_URL: url }).warnings).to.deep.equal([]);
  });

  it('replaces an empty one that a crash left behind', () => {
    const url = `sqlite:${join(folder, 'chat.sqlite')}`;
    secretFor(url);
    const file = join(folder, readdirSync(folder)[0] ?? '');
    writeFileSync(file, '');
    expect(secretFor(url)).to.have.length.above(32);
    expect(secretFor(url), 'stored again').to.equal(readFileSync(file, 'utf8'));
  });

  it('keeps logins across a restart', async () => {
    const { env, smtp, remove } = await freshEnvironment('sqlite', { JWT_SECRET: '', NODE_ENV: 'development' });
    const before = await createApp(readConfig(env));
    const alice = await new People(before.url, smtp).signUp('alice');
    await before.stop();
    const after = await createApp(readConfig(env));
    try {
      expect(await rest(after.url, alice.token).ask('me')).to.include({ ok: true, id: alice.id });
      const beside = readdirSync(dirname((env.DATABASE_URL ?? '').slice('sqlite:'.length)));
      expect(beside).to.include('jwt-secret');
    } finally {
      await after.stop();
      await remove();
    }
  });
});
