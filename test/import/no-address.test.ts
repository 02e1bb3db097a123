import { expect } from 'chai';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { freshEnvironment } from '../support/app.ts';
import { rest } from '../support/clients.ts';
import { People, post } from '../support/people.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import { goHash, makeGoServer, runImport } from './go-server.ts';

const OLD = 'the old password';
const NEXT = 'the next password';

describe('An imported account without an address', () => {
  it('logs in, changes its password, and gets no e-mail by any way', async () => {
    const folder = makeTemporaryFolder('import');
    const go = await makeGoServer('sqlite');
    const fresh = await freshEnvironment('sqlite');
    await go.insert({ users: [{ id: 4, username: 'dora', email: null, password_hash: goHash(OLD) }] });
    const imported = await runImport(folder, fresh.env.DATABASE_URL, '--from', go.url);
    expect(imported.code, imported.stderr).to.equal(0);
    const app = await createApp(readConfig(fresh.env));
    try {
      const logIn = async (username: string, password: string) => {
        const response = await post(`${app.url}/api/login`, { username, password, token: true });
        return (await response.json()) as { token: string; success: boolean };
      };
      const { token } = await logIn('dora', OLD);
      const dora = rest(app.url, token);
      expect(await dora.ask('me')).to.include({ id: 4, email: '' });
      expect(await dora.ask('change_password', { password: OLD, new_password: NEXT })).to.include({ ok: true });
      for (const email of ['', 'none:4', 'none:4@', '@none:4']) {
        expect((await post(`${app.url}/api/forgot/initiate`, { email })).status, email).to.equal(400);
        expect((await logIn(email, NEXT)).success, email).to.equal(false);
      }
      expect((await logIn('dora', NEXT)).success).to.equal(true);
      // the mail server has received all e-mails before this one
      await new People(app.url, fresh.smtp).signUp('eve');
      expect(fresh.smtp.emails.map(({ to }) => to)).to.deep.equal(['eve1@example.com']);
    } finally {
      await app.stop();
      await fresh.remove();
      await go.remove();
      removeTemporaryFolder(folder);
    }
  }).timeout(60_000);
});
