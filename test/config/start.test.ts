import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { codeIn, post } from '../support/people.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import { startSmtp } from '../support/smtp.ts';
import { type Program, startProgram, startProgramHere } from './program.ts';

const ACCOUNT = { username: 'alice', email: 'alice@example.com', password: 'StrongPassword123' };

/** The default, as an absolute path. */
const databaseIn = (folder: string) => ({
  DATABASE_URL: `sqlite:${join(folder, 'data/mmchat.sqlite')}`,
  DATABASE_CREATE: 'on',
});

describe('Starting the server', function () {
  this.timeout(120_000);
  let folder: string;
  let program: Pick<Program, 'url' | 'output' | 'stop'> | undefined;
  beforeEach(() => {
    folder = makeTemporaryFolder('start');
  });
  afterEach(async () => {
    await program?.stop();
    program = undefined;
    removeTemporaryFolder(folder);
  });

  it('requires no configuration: creates its database, prints what it uses, and shows e-mails there and on a page', async () => {
    program = await startProgram(folder);
    const { url } = program;
    expect(url).to.match(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/);
    expect(program.output().split('\n').slice(0, 7)).to.deep.equal([
      `MmChat listens on ${url}`,
      '  database  SQLite, data/mmchat.sqlite',
      `            a new database was made at ${join(folder, 'data/mmchat.sqlite')}`,
      '  mail      this terminal and /dev/outbox',
      `  pages     ${url}/ (the chat)`,
      `            ${url}/docs (the documentation)`,
      `            ${url}/dev/outbox (the e-mails it would send)`,
    ]);
    expect(existsSync(join(folder, 'data/mmchat.sqlite'))).to.equal(true);
    expect((await fetch(`${url}/api/me`)).status).to.equal(401);

    expect((await post(`${program.url}/api/signup/initiate`, ACCOUNT)).status).to.equal(200);
    const page = await fetch(`${program.url}/dev/outbox`);
    expect(page.status).to.equal(200);
    expect(page.headers.get('content-type')).to.include('text/html');
    const shown = /<strong>(\d{6})<\/strong>/.exec(await page.text())?.[1];
    expect(shown).to.equal(codeIn(program.output()));
    const verified = await post(`${program.url}/api/signup/verify`, { ...ACCOUNT, otp: shown });
    expect(verified.status).to.equal(200);
  });

  it('warns once of an .env of the published API that contains its secret', async () => {
    writeFileSync(join(folder, '.env'), 'HTTP_ADDR=127.0.0.1:0\nJWT_SECRET=mangal\nJWT_TTL_MIN=1440\nOTP_DIGITS=6\n');
    program = await startProgramHere(folder, databaseIn(folder));
    expect(program.output().match(/^ {2}warning {3}JWT_SECRET is the published example/gm)).to.have.length(1);
    expect(existsSync(join(folder, 'data/jwt-secret'))).to.equal(true);
  });

  it('reads .env with a byte-order mark; the environment takes precedence, and unknown names in both cause warnings', async () => {
    const file =
      '\uFEFFDATABASE_URL=sqlite:from-dotenv.sqlite\nCORS_ORIGN=https://hidden.example\nFOO=hidden\nWORKERS=4\nhiddenKey=\nHIDDENHIDDENHIDDEN=\nOTP_DIGITS="8"\n# a comment\n';
    writeFileSync(join(folder, '.env'), file);
    const env = { JWT_SECERT: 'hidden', npm_package_version: '1', DATABASE_URI: 'a', OTP_DIGITS: '4' };
    program = await startProgram(folder, env);
    expect(program.output())
      .to.include('SQLite, from-dotenv.sqlite\n')
      .and.not.match(/hidden/i);
    const warnings = program.output().match(/^ {2}warning {3}.*$/gm);
    expect(warnings?.map((line) => line.slice(12))).to.deep.equal([
      '.env, line 2: CORS_ORIGN is not read: CORS_ORIGINS may be meant',
      '.env, line 3: FOO is not read',
      '.env, line 4: WORKERS is not read any more: several cores need several nodes',
      '.env, line 5: sets a name that is not read',
      '.env, line 6: sets a name that is not read',
      'JWT_SECERT is not read: JWT_SECRET may be meant',
    ]);
    await post(`${program.url}/api/signup/initiate`, ACCOUNT);
    await fetch(`${program.url}/dev/outbox`);
    expect(codeIn(program.output())).to.match(/^\d{4}$/);
  });

  it('in production has no outbox page, and does not print its address', async () => {
    const smtp = await startSmtp();
    try {
      const secret = 'a secret of our own that is long enough';
      const env = { NODE_ENV: 'production', JWT_SECRET: secret, SMTP_URL: smtp.url };
      program = await startProgramHere(folder, { ...env, ...databaseIn(folder) });
      const { url } = program;
      const pages = `  pages     ${url}/ (the chat)\n            ${url}/docs (the documentation)\n`;
      const expected = `  mail      ${smtp.url}\n${pages}`;
      expect(program.output()).to.include(expected).and.not.include(secret).and.not.include('outbox');
      expect(await (await fetch(url)).text()).to.include('name="mmchat-outbox" content=""');
      const answer = await fetch(`${program.url}/dev/outbox`);
      expect(answer.status).to.equal(404);
      expect(await answer.json()).to.include({ success: false, code: 'unknown_route' });
    } finally {
      await smtp.stop();
    }
  });
});
