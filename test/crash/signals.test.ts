import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { type Spawned, serving, spawnProgram } from '../config/program.ts';
import { migratedEnvironment } from '../support/app.ts';
import { type Client, rest } from '../support/clients.ts';
import { type HoldingProxy, startHoldingProxy } from '../support/holding-proxy.ts';
import { People } from '../support/people.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import { requirePostgresql, requireRedis, requireRoot } from '../support/services.ts';
import { limitMs } from '../support/soak.ts';

const SECOND_SIGNAL_MS = 700;
const STOPS_WITHIN_MS = 10_000;
/** For a start, on a busy machine. */
const ENDS_AT_ONCE_MS = limitMs(2_000);

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The ports on which a process listens. */
function listeningPorts(pid: number): number[] {
  const sockets = readdirSync(`/proc/${pid}/fd`).map((name) => {
    try {
      return /socket:\[(\d+)\]/.exec(readlinkSync(`/proc/${pid}/fd/${name}`))?.[1];
    } catch {
      return undefined; // closed meanwhile
    }
  });
  return readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === '0A' && sockets.includes(inode))
    .map(([, local = '']) => Number.parseInt(local.split(':')[1] ?? '', 16));
}

/** The exit code, and the time between the signal and the exit. */
async function endOf(program: Spawned, pid: number, signal: NodeJS.Signals) {
  const began = performance.now();
  process.kill(pid, signal);
  const code = await program.ended;
  return { code, ms: performance.now() - began };
}

describe('A signal', function () {
  this.timeout(120_000);
  let folder: string;
  let program: Spawned | undefined;
  beforeEach(() => {
    folder = makeTemporaryFolder('signals');
  });
  afterEach(async () => {
    program?.child.kill('SIGKILL');
    await program?.ended;
    program = undefined;
    removeTemporaryFolder(folder);
  });
  const pidOf = ({ child }: Spawned) => child.pid ?? -1;

  it('SIGHUP, even if it is sent twice at once, stops the server with 0; SIGUSR1 opens no debugger', async () => {
    program = await serving(await spawnProgram(folder));
    const pid = pidOf(program);
    process.kill(pid, 'SIGUSR1');
    await serving(program);
    await sleep(200); // the debugger would be opened by a separate thread
    expect(listeningPorts(pid)).to.deep.equal([Number(new URL(program.url).port)]);
    expect(program.errors()).not.to.include('Debugger');
    process.kill(pid, 'SIGHUP');
    expect((await endOf(program, pid, 'SIGHUP')).code).to.equal(0);
  });

  describe('while PostgreSQL', () => {
    let proxy: HoldingProxy;
    let people: People;
    let client: Client;
    let remove: () => Promise<void>;
    beforeEach(async function () {
      const { port } = await requirePostgresql(this);
      proxy = await startHoldingProxy(port);
      const fresh = await migratedEnvironment('postgresql');
      const database = new URL(fresh.env.DATABASE_URL ?? '');
      database.port = `${proxy.port}`;
      remove = fresh.remove;
      program = await serving(
        await spawnProgram(folder, {
          stdout: 'pipe',
          env: { ...fresh.env, LOG_LEVEL: 'info', DATABASE_URL: database.href },
        }),
      );
      people = new People(program.url, fresh.smtp);
      const alice = await people.signUp('alice');
      await alice.socketio();
      client = rest(program.url, alice.token);
    });
    afterEach(async () => {
      people.closeClients();
      program?.child.kill('SIGKILL');
      await program?.ended;
      proxy.cut();
      await remove();
    });

    it('cannot be reached stops the server with 0, also SIGINT that is sent twice at once', async () => {
      proxy.cut();
      const output = text(program?.child.stdout as never); // the options request a pipe
      const pid = pidOf(program as Spawned);
      process.kill(pid, 'SIGINT');
      const { code, ms } = await endOf(program as Spawned, pid, 'SIGINT');
      expect(code).to.equal(0);
      expect(ms).to.be.below(STOPS_WITHIN_MS);
      const reports = (await output).split('\n').filter((line) => line.includes('database_unavailable'));
      expect(reports, 'reported once').to.have.length(1);
    });

    it('is paused stops the server with 0, also with calls in flight', async () => {
      proxy.hold();
      client.ask('list_conversations', {}).catch(() => undefined);
      await sleep(100);
      const output = text(program?.child.stdout as never); // the options request a pipe
      const { code, ms } = await endOf(program as Spawned, pidOf(program as Spawned), 'SIGTERM');
      expect(code).to.equal(0);
      expect(ms).to.be.below(STOPS_WITHIN_MS);
      expect(await output).to.include('stopping goes on without this');
    });

    it('is paused ends the server at once if it is the second one', async () => {
      proxy.hold();
      client.ask('list_conversations', {}).catch(() => undefined);
      await sleep(100);
      const pid = pidOf(program as Spawned);
      process.kill(pid, 'SIGTERM');
      await sleep(SECOND_SIGNAL_MS);
      const { code, ms } = await endOf(program as Spawned, pid, 'SIGTERM');
      expect(code).to.equal(143);
      expect(ms).to.be.below(ENDS_AT_ONCE_MS);
    });
  });
});

describe('SIGTERM during a start that waits', function () {
  this.timeout(120_000);
  let folder: string;
  let proxy: HoldingProxy;
  let program: Spawned;
  beforeEach(() => {
    folder = makeTemporaryFolder('signals');
  });
  afterEach(async () => {
    program.child.kill('SIGKILL');
    await program.ended;
    proxy.cut();
    removeTemporaryFolder(folder);
  });

  async function waitingStart(by: readonly string[] = [], env: Record<string, string> = {}): Promise<void> {
    proxy.hold();
    program = await spawnProgram(folder, { by, env });
    while (proxy.opened() === 0 && !program.hasEnded) await sleep(10);
    expect(program.hasEnded, program.errors()).to.equal(false);
  }
  const postgresqlHeld = async (context: Mocha.Context) => {
    proxy = await startHoldingProxy((await requirePostgresql(context)).port);
    return { DATABASE_URL: `postgres://postgres@127.0.0.1:${proxy.port}/postgres` };
  };

  it('for PostgreSQL ends it at once, with 0', async function () {
    await waitingStart([], await postgresqlHeld(this));
    const { code, ms } = await endOf(program, program.child.pid ?? -1, 'SIGTERM');
    expect(code).to.equal(0);
    expect(ms).to.be.below(ENDS_AT_ONCE_MS);
  });

  it('for Redis ends it at once, with 0', async function () {
    proxy = await startHoldingProxy((await requireRedis(this)).port);
    await waitingStart([], { REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
    const { code, ms } = await endOf(program, program.child.pid ?? -1, 'SIGTERM');
    expect(code).to.equal(0);
    expect(ms).to.be.below(ENDS_AT_ONCE_MS);
  });

  it('ends the server also if it is the first process of a container', async function () {
    requireRoot(this);
    const first = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];
    await waitingStart(first, await postgresqlHeld(this));
    const parent = program.child.pid ?? -1;
    const inside = Number(readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8'));
    const { code, ms } = await endOf(program, inside, 'SIGTERM');
    expect(code).to.equal(0);
    expect(ms).to.be.below(ENDS_AT_ONCE_MS);
  });
});

describe('An error that nothing catches', function () {
  this.timeout(120_000);
  let folder: string;
  beforeEach(() => {
    folder = makeTemporaryFolder('uncaught');
  });
  afterEach(() => removeTemporaryFolder(folder));

  it('stops the server in order and with 1, and its log line contains no message text', async () => {
    const thrower = join(folder, 'thrower.mjs');
    writeFileSync(thrower, `process.on('SIGUSR2', () => { throw new TypeError('what somebody wrote'); });`);
    const program = await serving(await spawnProgram(folder, { node: ['--import', thrower] }));
    const socket = new WebSocket(`${program.url.replace('http', 'ws')}/api/ws`);
    await new Promise((resolve) => socket.addEventListener('error', resolve));
    const { code } = await endOf(program, program.child.pid ?? -1, 'SIGUSR2');
    expect(code).to.equal(1);
    const lines = program.errors().trimEnd().split('\n');
    expect(lines).to.have.length(1);
    expect(lines[0]).not.to.include('somebody');
    const { level, msg, err } = JSON.parse(lines[0] ?? '');
    expect({ level, msg, name: err.name }).to.deep.equal({
      level: 60,
      msg: 'uncaught, and so the server ends',
      name: 'TypeError',
    });
    expect(err.at[0]).to.include('thrower.mjs');
  });
});
