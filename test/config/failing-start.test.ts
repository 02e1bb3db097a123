import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import { runProgram } from './program.ts';

describe('A start that cannot be', function () {
  this.timeout(30_000);
  let folder: string;
  beforeEach(() => {
    folder = makeTemporaryFolder('start');
  });
  afterEach(() => removeTemporaryFolder(folder));

  it('for malformed variables ends with code 1 and names every one of them', async () => {
    const bad = { OTP_DIGITS: 'six', HTTP_ADDR: '8080', COOKIE_SAMESITE: 'maybe', DATABASE_URL: 'mysql://db' };
    const { code, stdout, stderr } = await runProgram(folder, bad);
    expect(code).to.equal(1);
    expect(stdout).to.equal('');
    for (const name of Object.keys(bad)) expect(stderr).to.match(new RegExp(`^ +${name} has to be `, 'm'));
    expect(stderr, 'no stack trace').not.to.match(/^ +at /m);
  });

  it('for want of a secret and of mail in production ends with code 1 and says so', async () => {
    const { code, stderr } = await runProgram(folder, { NODE_ENV: 'production', JWT_SECRET: 'mangal' });
    expect(code).to.equal(1);
    expect(stderr.trimEnd().split('\n')).to.have.length(3);
    expect(stderr).to.include('JWT_SECRET').and.include('SMTP_URL').and.not.include('mangal');
  });

  it('for a port that is taken ends with code 1 and one clear line', async () => {
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

  it('for a database that cannot be opened ends with code 1 and one clear line', async () => {
    const { code, stderr } = await runProgram(folder, { DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/chat' });
    expect(code).to.equal(1);
    expect(stderr.trimEnd().split('\n')).to.have.length(1);
    expect(stderr).to.include('MmChat cannot start').and.not.include('secret');
  });
});
