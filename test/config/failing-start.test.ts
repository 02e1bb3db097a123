import { once } from 'node:events';
import { mkdirSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import { failureOf, runProgram } from './program.ts';

describe('A failing start', function () {
  this.timeout(120_000);
  let folder: string;
  beforeEach(() => {
    folder = makeTemporaryFolder('start');
  });
  afterEach(() => removeTemporaryFolder(folder));

  it('with malformed variables exits with code 1 and names all of them', async () => {
    const bad = {
      ...{ OTP_DIGITS: 'six', HTTP_ADDR: '8080', COOKIE_SAMESITE: 'maybe', DATABASE_URL: 'mysql://u:hunter2@db' },
      ...{ MAIL_FROM: 'MmChat', SMTP_URL: 'smtp://u:1/hunter2@mx', REDIS_URL: 'redis://:hunter2@r?tls=true' },
      ...{ CORS_ORIGINS: 'https://a.example/', SENDGRID_FROM: 'chat', JWT_SECRET: 'hunter2\u0007' },
    };
    const { code, stdout, stderr } = await runProgram(folder, bad);
    expect(code).to.equal(1);
    expect(stdout).to.equal('');
    for (const name of Object.keys(bad)) expect(stderr).to.match(new RegExp(`^ +${name} has to be `, 'm'));
    expect(stderr.trimEnd().split('\n')).to.have.length(1 + Object.keys(bad).length);
    expect(stderr).not.to.include('hunter2');
    expect(stderr, 'no stack trace').not.to.match(/^ +at /m);
    expect(stderr, 'need the other tests to see what a process prints').to.equal(`${await failureOf(folder, bad)}\n`);
  });

  it('with invalid lines in .env names each line', async () => {
    writeFileSync(join(folder, '.env'), 'JWT_SECRET: hidden\r\nOTP_DIGITS=6\nSMTP_URL="smtp://u:hidden@mx\n');
    const failure = await failureOf(folder, {});
    expect(failure)
      .to.match(/^ {2}\.env, line 1: JWT_SECRET /m)
      .and.match(/^ {2}\.env, line 3: /m);
    expect(failure).not.to.match(/hidden|^ +at /m);
  });

  it('with an unreadable .env reports it', async () => {
    mkdirSync(join(folder, '.env'));
    expect(await failureOf(folder, {})).to.match(/\.env exists but cannot be read \(EISDIR\)/);
    rmdirSync(join(folder, '.env'));
    symlinkSync('nowhere', join(folder, '.env'));
    expect(await failureOf(folder, {})).to.match(/\.env exists but cannot be read \(ENOENT\)/);
  });

  it('without a secret and a mail transport in production reports both, and a misspelled name', async () => {
    const failure = await failureOf(folder, { NODE_ENV: 'production', JWT_SECERT: 'hidden' });
    const [heading, ...problems] = failure.split('\n');
    expect(heading).to.equal('MmChat cannot start:');
    expect(problems).to.have.length(3);
    expect(failure).to.include('JWT_SECRET').and.include('SMTP_URL').and.not.include('hidden');
    expect(problems[2]).to.equal('  JWT_SECERT is not read: JWT_SECRET may be meant');
  });

  it('with a taken port exits with code 1 and one clear line', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    try {
      const { port } = other.address() as AddressInfo; // a string only for a Unix socket
      const { code, stdout, stderr } = await runProgram(folder, { HTTP_ADDR: `127.0.0.1:${port}` });
      expect(code).to.equal(1);
      expect(stdout).to.equal('');
      expect(stderr.trimEnd().split('\n')).to.have.length(1);
      expect(stderr).to.include(`port ${port} is taken`).and.include('HTTP_ADDR');
    } finally {
      other.close();
    }
  });

  it('with a database that cannot be opened reports it in one clear line', async () => {
    const failure = await failureOf(folder, { DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/chat' });
    expect(failure.split('\n')).to.have.length(1);
    expect(failure).to.include('127.0.0.1').and.include('ECONNREFUSED').and.include('DATABASE_URL');
    expect(failure).to.include('MmChat cannot start').and.not.include('secret');
  });
});
