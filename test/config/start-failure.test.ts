import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { listen } from '../../src/server/listening.ts';
import { startFailure } from '../../src/server/start-failure.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';

/** The error that a function throws. */
async function thrownBy(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

const listeningOn = (host: string | undefined, port: number, variable?: string) =>
  thrownBy(() => listen(createServer(), { host, port }, variable));
const connectingTo = (...hosts: string[]) =>
  thrownBy(async () => {
    const addresses = hosts.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    const lookup = (_: string, __: object, found: (error: null, all: typeof addresses) => void) =>
      found(null, addresses);
    const socket = connect({ host: 'both.example', port: 1, lookup, autoSelectFamily: true });
    await once(socket, 'connect');
  });

/** A network namespace requires a capability that root lacks in some containers. */
function canUnshare(): boolean {
  try {
    execFileSync('unshare', ['--net', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('The cause of a failed start is described in one line', () => {
  it('for a server that answers at none of its addresses, whose error has no message', async () => {
    const error = await connectingTo('::1', '127.0.0.1');
    expect(error).to.be.instanceOf(AggregateError).with.property('message', '');
    expect(startFailure(error)).to.match(/^nothing listens at (?:::1|127\.0\.0\.1), port 1 \(ECONNREFUSED\)\. Check /);
    const wrapped = new Error('', { cause: error });
    expect(startFailure(wrapped), 'as the cause of another error').to.equal(startFailure(error));
  });

  it('for an address of another machine, an unknown name, and a taken port', async () => {
    expect(startFailure(await listeningOn('192.0.2.7', 8080, 'METRICS_ADDR'))).to.match(
      /^192\.0\.2\.7 is not an address of this machine \(EADDRNOTAVAIL\)\. Set METRICS_ADDR /,
    );
    expect(startFailure(await listeningOn('nowhere.invalid', 8080))).to.match(
      /^the name nowhere\.invalid .*\((?:ENOTFOUND|EAI_AGAIN)\)\. Check its spelling in HTTP_ADDR/,
    );
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number }; // a string only for a Unix socket
    const taken = startFailure(await listeningOn('127.0.0.1', port, 'METRICS_ADDR'));
    other.close();
    expect(taken).to.equal(`port ${port} is taken. Choose another with METRICS_ADDR, such as METRICS_ADDR=:8081.`);
  });

  it('for a privileged port', function () {
    if (!canUnshare()) this.skip();
    const script = `
      import { listen } from '${join(import.meta.dirname, '../../src/server/listening.ts')}';
      import { startFailure } from '${join(import.meta.dirname, '../../src/server/start-failure.ts')}';
      import { createServer } from 'node:http';
      await listen(createServer(), { host: '127.0.0.1', port: 81 }).catch((error) => console.log(startFailure(error)));
      process.exit();`;
    // without the capability for low ports, in a namespace that has not opened them
    const command = ['--net', 'setpriv', '--bounding-set=-net_bind_service', '--inh-caps=-net_bind_service'];
    const node = [process.execPath, '--input-type=module', '--eval', script];
    const message = execFileSync('unshare', [...command, ...node], { encoding: 'utf8' });
    expect(message).to.match(
      /^this user is not permitted to listen on port 81 \(EACCES\): ports below 1024 .*HTTP_ADDR=:8080/,
    );
  });

  it('for a full or read-only disk, and for a wrong path', async function () {
    expect(startFailure(await thrownBy(() => writeFile('/dev/full', 'a')))).to.match(/^there is no space left/);
    const folder = makeTemporaryFolder('failure');
    try {
      writeFileSync(join(folder, 'file'), '');
      for (const [path, part] of [
        [join(folder, 'file', 'below'), 'is not a folder (ENOTDIR)'],
        [join(folder, 'none', 'below'), 'does not exist and cannot be created (ENOENT)'],
        [folder, 'is a folder, but has to be a file (EISDIR)'],
      ] as const) {
        expect(startFailure(await thrownBy(() => writeFile(path, ''))))
          .to.include(path)
          .and.include(part);
      }
      if (process.getuid?.() !== 0) this.skip();
      const mounted = join(folder, 'mounted');
      mkdirSync(mounted);
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', mounted], { stdio: 'ignore' });
      } catch {
        this.skip(); // in some containers not even root may mount
      }
      const refused = await thrownBy(() => writeFile(join(mounted, 'file'), ''));
      execFileSync('umount', [mounted]);
      expect(startFailure(refused)).to.include(join(mounted, 'file')).and.include('read-only file system (EROFS)');
    } finally {
      removeTemporaryFolder(folder);
    }
  });

  it('for other errors, with their message or at least name and code, and without credentials', () => {
    for (const [thrown, part] of [
      [new Error('the database is newer'), 'the database is newer'],
      [new Error('no\n  such\nthing'), 'no such thing'],
      [new Error('postgres://chat:hidden@db/chat is odd'), 'postgres://db/chat is odd'],
      [Object.assign(new Error('odd'), { code: 'EODD' }), 'odd (EODD)'],
      [Object.assign(new RangeError(''), { code: 'EODD' }), 'RangeError, EODD'],
      [new AggregateError([]), 'AggregateError, no code'],
      [new AggregateError([new Error('one of them')]), 'one of them'],
      [undefined, 'undefined'],
      ['a string', 'a string'],
      [null, 'null'],
    ] as const) {
      expect(startFailure(thrown))
        .to.include(part)
        .and.not.match(/hidden|\n/);
    }
  });
});
