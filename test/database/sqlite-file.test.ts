import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, renameSync, unlinkSync } from 'node:fs';
import { expect } from 'chai';
import { type Program, startProgram } from '../config/program.ts';
import { migratedEnvironment } from '../support/app.ts';
import type { Client } from '../support/clients.ts';
import { People, type Person } from '../support/people.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import { limitMs } from '../support/soak.ts';

type Line = Record<string, unknown>;
/** Writes wait for 5 s; the rest is for a busy machine. */
const ANSWERS_WITHIN_MS = limitMs(1_000);

/** Another process that holds the write lock; it releases the lock when its input ends. */
async function lockElsewhere(path: string): Promise<ChildProcess> {
  const program = `
    const database = new (require('node:sqlite').DatabaseSync)(process.argv[1]);
    database.exec('pragma busy_timeout = 2000; begin immediate');
    console.log('locked');
    process.stdin.on('end', () => database.exec('rollback')).resume();`;
  const child = spawn(process.execPath, ['--no-warnings', '-e', program, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

async function unlock(locker: ChildProcess): Promise<void> {
  locker.stdin?.end();
  await once(locker, 'exit');
}

describe('A SQLite file', function () {
  this.timeout(120_000);
  let folder: string;
  let environment: Awaited<ReturnType<typeof migratedEnvironment>>;
  let path: string;
  let program: Program;
  let people: People;
  let alice: Person;
  let raw: Client;
  let conversation_id: number;
  let tests = 0;

  const start = async () => {
    program = await startProgram(folder, { ...environment.env, HTTP_ADDR: '127.0.0.1:0', LOG_LEVEL: 'info' });
    people = new People(program.url, environment.smtp);
  };
  const lines = (condition: string): Line[] =>
    program
      .output()
      .split('\n')
      .filter((line) => line.includes(`"condition":"${condition}"`))
      .map((line) => JSON.parse(line));
  const conditionLine = async (condition: string, state: string): Promise<Line> => {
    for (;;) {
      const found = lines(condition).findLast((line) => line.state === state);
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const send = (content: string) => alice.rest.ask('message', { conversation_id, content, client_message_id: content });
  const contents = async () => {
    const { messages } = await alice.rest.ask('list_messages', { conversation_id });
    return messages.map(({ content }: { content: string }) => content);
  };
  const readiness = async () => (await fetch(`${program.url}/readyz`)).status;

  // each test ends with a server that works, except the last
  before(async () => {
    folder = makeTemporaryFolder('sqlite-file');
    environment = await migratedEnvironment('sqlite');
    path = environment.env.DATABASE_URL?.replace('sqlite:', '') ?? '';
    await start();
  });
  beforeEach(async () => {
    tests += 1;
    alice = await people.signUp(`alice-${tests}-`);
    const bob = await people.signUp(`bob-${tests}-`);
    raw = await alice.raw();
    ({ conversation_id } = await alice.rest.ask('open_private_conversation', { other_user_id: bob.id }));
    expect(await send('before')).to.include({ ok: true });
  });
  after(async () => {
    people?.closeClients();
    await program?.stop();
    await environment.remove();
    removeTemporaryFolder(folder);
  });

  it('that another process locks delays no reads, and writes for at most 5 s', async () => {
    let locker = await lockElsewhere(path);
    const soon = send('soon');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await unlock(locker);
    expect(await soon).to.include({ ok: true });
    expect(lines('database_locked'), 'nothing to tell of a moment').to.deep.equal([]);

    await contents(); // confirms their delivery, which is a write
    locker = await lockElsewhere(path);
    const began = performance.now();
    let writing = true;
    const late = send('late').finally(() => {
      writing = false;
    });
    const delays: number[] = [];
    while (writing) {
      const asked = performance.now();
      const [health, list] = await Promise.all([
        fetch(`${program.url}/healthz`),
        raw.ask('list_messages', { conversation_id }),
      ]);
      expect(list, JSON.stringify(list.error)).to.include({ ok: true });
      expect(health.status).to.equal(200);
      delays.push(performance.now() - asked);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(Math.max(...delays)).to.be.below(ANSWERS_WITHIN_MS);
    expect(await late)
      .to.deep.include({ ok: false })
      .and.nested.include({ 'error.code': 'database_unavailable' });
    expect(performance.now() - began).to.be.within(4_500, 9_000);
    const begun = await conditionLine('database_locked', 'begun');
    expect(begun).to.include({ code: 'SQLITE_BUSY', cause: 'another process has the SQLite file locked' });
    expect(begun.next).to.include('lsof');

    await unlock(locker);
    await conditionLine('database_locked', 'over');
    expect(await send('after')).to.include({ ok: true });
    expect(await contents()).to.have.members(['before', 'soon', 'after']);
    expect(lines('database_locked')).to.have.length(2);
  });

  it('that is moved away or replaced acknowledges nothing until it is back', async () => {
    const moved = `${path}.moved`;
    renameSync(path, moved);
    expect(await send('nowhere')).nested.include({ 'error.code': 'database_unavailable' });
    expect(await raw.ask('list_messages', { conversation_id })).nested.include({
      'error.code': 'database_unavailable',
    });
    expect(await readiness()).to.equal(503);
    const begun = await conditionLine('database_file_gone', 'begun');
    expect(begun).to.include({ level: 50, code: 'ENOENT', cause: `${path} was deleted or moved away` });
    expect(begun.next).to.include('Move the file back');

    copyFileSync(moved, path);
    expect(await send('in vain')).nested.include({ 'error.code': 'database_unavailable' });
    renameSync(moved, path);
    await conditionLine('database_file_gone', 'over');
    expect(await readiness()).to.equal(200);
    expect(await send('nowhere'), 'sent again').to.include({ ok: true });
    expect(await contents()).to.have.members(['before', 'nowhere']);
    expect(lines('database_file_gone')).to.have.length(2);
  });

  it('whose write-ahead log is deleted acknowledges nothing, and loses nothing when the server is restarted', async () => {
    unlinkSync(`${path}-wal`);
    expect(await send('nowhere')).nested.include({ 'error.code': 'database_unavailable' });
    const { cause, next } = await conditionLine('database_file_gone', 'begun');
    expect(cause).to.equal(`${path}-wal was deleted or moved away`);
    expect(next).to.include('Restart the server');
    people.closeClients();
    await program.stop();
    expect(existsSync(path)).to.equal(true);
    await start();
    alice = await people.logIn(alice);
    expect(await contents()).to.include('before');
    expect(await send('after')).to.include({ ok: true });
  });

  it('that is deleted acknowledges nothing, and a new start creates a new one', async () => {
    for (const suffix of ['', '-wal', '-shm']) unlinkSync(path + suffix);
    expect(await send('nowhere')).nested.include({ 'error.code': 'database_unavailable' });
    people.closeClients();
    await program.stop();
    expect(await program.ended).to.equal(0);
    await start();
    expect((await people.signUp('carol')).id).to.equal(1);
  });

  it('that is replaced is detected also if nothing is written', async () => {
    copyFileSync(path, `${path}.copy`);
    renameSync(`${path}.copy`, path);
    expect((await conditionLine('database_file_gone', 'begun')).cause).to.include('another file');
    expect(await raw.ask('list_messages', { conversation_id })).nested.include({
      'error.code': 'database_unavailable',
    });
  });
});
