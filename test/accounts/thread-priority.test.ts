import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { expect } from 'chai';
import { Passwords } from '../../src/accounts/passwords.ts';

const THREADS = '/proc/self/task';

describe('Hashing passwords', () => {
  it('has a lower priority than the main thread: only the threads that hash do', async function () {
    if (process.platform !== 'linux') return this.skip();
    const passwords = new Passwords(4);
    expect(await passwords.check('a password', await passwords.hash('a password'))).to.equal('right');
    const threads = readdirSync(THREADS).map((thread) => ({
      name: readFileSync(`${THREADS}/${thread}/comm`, 'utf8').trim(),
      niceness: getPriority(Number(thread)),
    }));
    const [hashing, others] = [true, false].map((pool) =>
      threads.filter(({ name }) => (name === 'libuv-worker') === pool).map(({ niceness }) => niceness),
    );
    expect(new Set(hashing)).to.deep.equal(new Set([10]));
    expect(new Set(others)).to.deep.equal(new Set([getPriority()]));
  });
});
