import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { type Spawned, serving, spawnProgram } from '../config/program.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import { mountSmallDisk, type SmallDisk } from '../support/small-disk.ts';
import { limitMs } from '../support/soak.ts';

type Line = Record<string, unknown>;
const ANSWER_WITHIN_MS = limitMs(2_000);

const healthy = async ({ url }: Spawned) =>
  (await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })).status;
/** Each is a line in the log. They are sent at once, and answered one after the other. */
async function ask({ url }: Spawned, times: number): Promise<void> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(`GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: ${'x'.repeat(64)}\r\n\r\n`.repeat(times));
  let [answered, rest] = [0, ''];
  for await (const data of socket.setEncoding('latin1')) {
    const parts = `${rest}${data}`.split('HTTP/1.1 200 OK\r\n');
    answered += parts.length - 1;
    rest = parts.at(-1)?.slice(-20) ?? '';
    if (answered >= times) return;
  }
}
const metric = async ({ url }: Spawned, name: string) => {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(
    metrics
      .split('\n')
      .find((line) => line.startsWith(name))
      ?.split(' ')
      .at(-1),
  );
};
async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}
const linesOf = (output: string): Line[] =>
  output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
const aboutLog = (lines: Line[]) => lines.filter(({ condition }) => condition === 'log_stuck');

describe('A server whose standard output', function () {
  this.timeout(120_000);
  let folder: string;
  let program: Spawned | undefined;
  const kill = async () => {
    program?.child.kill('SIGKILL');
    await program?.ended;
  };
  /** Starts it, one at a time, on the same database. */
  const start = async (stdout: number | 'pipe') => {
    await kill();
    program = await serving(await spawnProgram(folder, { stdout, env: { LOG_LEVEL: 'debug' } }));
    return program;
  };
  /** Starts it with its output in a pipe or, like systemd and Node do, in a socket. */
  const startInto = async (kind: 'pipe' | 'socket'): Promise<{ server: Spawned; reader: Readable }> => {
    if (kind === 'socket') {
      const server = await start('pipe');
      return { server, reader: server.child.stdout as Readable }; // requested by the options
    }
    const path = join(folder, 'fifo');
    execFileSync('mkfifo', [path]);
    const reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writing = openSync(path, 'w');
    const server = await start(writing);
    closeSync(writing);
    return { server, reader: new Socket({ fd: reading, readable: true, writable: false }) };
  };
  before(() => {
    folder = makeTemporaryFolder('output');
  });
  after(async () => {
    await kill();
    removeTemporaryFolder(folder);
  });

  it('cannot be written answers and stops normally, and counts that it is stuck', async () => {
    const full = openSync('/dev/full', 'w');
    const server = await start(full);
    closeSync(full);
    expect(await healthy(server)).to.equal(200);
    expect(await metric(server, 'mmchat_condition{condition="log_stuck"}')).to.equal(1);
    server.child.kill('SIGTERM');
    expect(await server.ended).to.equal(0);
  });

  describe('goes to a full disk', () => {
    let small: SmallDisk;
    let disk: string;
    beforeEach(function () {
      small = mountSmallDisk(this, '64k');
      disk = small.folder;
    });
    afterEach(async () => {
      await kill();
      small?.unmount();
    });

    it('keeps running, writes all buffered lines when there is space, reports how many were lost, and exits with 0 without space', async () => {
      const path = join(disk, 'log');
      const log = openSync(path, 'a');
      const ballast = join(disk, 'ballast');
      const server = await start(log);
      closeSync(log);
      writeFileSync(ballast, Buffer.alloc(30_000));
      await ask(server, 400);
      expect(await metric(server, 'mmchat_condition{condition="log_stuck"}')).to.equal(1);
      expect(await metric(server, 'mmchat_log_lines_lost_total')).to.equal(0);
      const broken = readFileSync(path, 'utf8');
      expect(broken.endsWith('\n'), 'a page of the disk ends within a line').to.equal(false);

      await ask(server, 6_000);
      const lost = await metric(server, 'mmchat_log_lines_lost_total');
      expect(lost).to.be.greaterThan(0);
      expect(await healthy(server)).to.equal(200);

      execFileSync('mount', ['-o', 'remount,size=16m', disk]);
      rmSync(ballast);
      await until(() => readFileSync(path, 'utf8').includes('can be written again'));
      const output = readFileSync(path, 'utf8');
      const lines = linesOf(output);
      expect(lines.length, 'only complete lines of JSON after the start').to.equal(
        output.split('\n').filter((line) => line.includes('"level"')).length,
      );
      const [begun, over] = aboutLog(lines);
      expect(begun).to.include({ state: 'begun', code: 'ENOSPC', level: 50 });
      expect(begun?.cause).to.include('full');
      expect(begun?.next).to.include('Free disk space');
      expect(over).to.include({ state: 'over', level: 30 });
      expect(over?.lost).to.be.within(lost, lost + 3);
      const times = lines.map(({ time }) => Number(time));
      expect(times, 'in order').to.deep.equal([...times].sort((a, b) => a - b));

      small.fill();
      await ask(server, 400);
      expect(await metric(server, 'mmchat_condition{condition="log_stuck"}')).to.equal(1);
      server.child.kill('SIGTERM');
      expect(await server.ended).to.equal(0);
    });
  });

  for (const kind of ['pipe', 'socket'] as const) {
    describe(`is a ${kind}`, () => {
      let server: Spawned;
      let reader: Readable;
      before(async () => {
        ({ server, reader } = await startInto(kind));
      });

      it('that nobody reads keeps running, and writes the buffer when it is read again', async () => {
        await ask(server, 7_000); // the pipe holds 64 kB of it, a socket more
        const lost = await metric(server, 'mmchat_log_lines_lost_total');
        expect(lost).to.be.greaterThan(0);
        let output = '';
        reader.setEncoding('utf8').on('data', (more) => {
          output += more;
        });
        await until(() => output.includes('can be written again'));
        const lines = linesOf(output);
        expect(lines.length).to.equal(output.split('\n').filter((line) => line.includes('"level"')).length);
        const [begun, over] = aboutLog(lines);
        expect(begun).to.include({ state: 'begun', code: 'EAGAIN' });
        expect(begun?.cause).to.include('does not read');
        expect(over?.lost, 'with the line of the request for it').to.be.within(lost, lost + 2);
      });

      it('whose reader has gone answers and stops normally', async () => {
        reader.destroy();
        await ask(server, 100);
        expect(await metric(server, 'mmchat_condition{condition="log_stuck"}')).to.equal(1);
        server.child.kill('SIGTERM');
        expect(await server.ended).to.equal(0);
      });
    });
  }

  it('is a socket that nobody reads exits with 0', async () => {
    const server = await start('pipe');
    await ask(server, 2_000);
    server.child.kill('SIGTERM');
    expect(await server.ended).to.equal(0);
  });

  it('is a socket whose reader reads only at the end loses no line', async () => {
    const server = await start('pipe');
    await ask(server, 2_000);
    server.child.kill('SIGTERM');
    const output = await text(server.child.stdout as Readable);
    expect(await server.ended).to.equal(0);
    expect(linesOf(output).filter(({ route }) => route === '/healthz')).to.have.length.of.at.least(2_000);
  });
});
