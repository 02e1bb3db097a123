import { join } from 'node:path';
import { expect } from 'chai';
import { until } from '../cluster/until.ts';
import { type Program, startProgram } from '../config/program.ts';
import { readiness } from '../monitoring/operator.ts';
import { freshEnvironment } from '../support/app.ts';
import { rest } from '../support/clients.ts';
import { People, type Person } from '../support/people.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import { requirePostgresql } from '../support/services.ts';
import { mountSmallDisk } from '../support/small-disk.ts';
import { linesOf, linesOfCondition } from './program-log.ts';

const NOTICED_WITHIN_MS = 5_000;

/** A database that stops accepting writes, and accepts them again. */
type Fault = {
  databaseUrl: string;
  code: string;
  cause: RegExp;
  next: RegExp;
  begin(): Promise<void> | void;
  end(): Promise<void> | void;
  remove(): Promise<void> | void;
};

const FAULTS: Record<string, (context: Mocha.Context) => Promise<Fault>> = {
  'PostgreSQL that was made read-only': async (context) => {
    const postgresql = await requirePostgresql(context);
    const databaseUrl = await postgresql.createDatabase();
    const name = new URL(databaseUrl).pathname.slice(1);
    // it waits until they have ended: a connection that has not can still write
    const readOnly = (value: string) =>
      postgresql
        .query(
          databaseUrl,
          `begin read write; alter database "${name}" set default_transaction_read_only = ${value}; commit;
           select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = '${name}' and pid <> pg_backend_pid()`,
        )
        .then(() => undefined);
    return {
      databaseUrl,
      code: '25006',
      cause: /read-only/,
      next: /primary/,
      begin: () => readOnly('on'),
      end: () => readOnly('off'),
      remove: () => postgresql.dropDatabase(databaseUrl),
    };
  },
  'SQLite whose disk is full': async (context) => {
    const disk = mountSmallDisk(context, '24m');
    return {
      databaseUrl: `sqlite:${join(disk.folder, 'mmchat.sqlite')}`,
      code: 'SQLITE_FULL',
      cause: /disk .* full/,
      next: /Free space/,
      begin: disk.fill,
      end: disk.free,
      remove: disk.unmount,
    };
  },
};

for (const [what, prepare] of Object.entries(FAULTS)) {
  describe(`A server on a ${what}`, function () {
    this.timeout(120_000);
    let fault: Fault;
    let program: Program;
    let people: People;
    let remove: () => Promise<void>;
    let alice: Person;
    let bob: Person;
    let conversation_id: number;
    before(async function () {
      fault = await prepare(this);
      const fresh = await freshEnvironment('sqlite', { DATABASE_URL: fault.databaseUrl, LOG_LEVEL: 'info' });
      const folder = makeTemporaryFolder('not-writable');
      program = await startProgram(folder, fresh.env);
      people = new People(program.url, fresh.smtp);
      remove = async () => {
        people.closeClients();
        await program.stop();
        await fresh.remove();
        removeTemporaryFolder(folder);
      };
      [alice, bob] = [await people.signUp('alice'), await people.signUp('bob')];
      ({ conversation_id } = await alice.rest.ask('open_private_conversation', { other_user_id: bob.id }));
    });
    after(async () => {
      await remove?.();
      await fault?.remove();
    });

    const send = (content: string, more: object = {}) =>
      rest(program.url, alice.token).ask('message', { conversation_id, content, ...more });
    /** Long texts, so that a disk is full soon. */
    const isRefused = async () => {
      const answers = await Promise.all(Array.from({ length: 50 }, () => send('x'.repeat(4_000))));
      return answers.some(({ ok }) => !ok);
    };
    const states = () => linesOfCondition(program, 'database_unavailable').map(({ state }) => state);

    it('is not ready, refuses sends until they can be repeated, answers reads, logs it once, and recovers by itself', async () => {
      for (const content of ['one', 'two']) expect(await send(content)).to.include({ ok: true });
      expect((await readiness(program.url)).status).to.equal(200);
      await fault.begin();
      await until('it is not ready', async () => (await readiness(program.url)).status === 503, NOTICED_WITHIN_MS);
      expect((await readiness(program.url)).checks).to.include({ database: 'failing', serving: 'ok' });
      await until('sends are refused', isRefused);
      const refused = await send('refused', { client_message_id: 'refused' });
      expect([refused.status, refused.error?.code]).to.deep.equal([503, 'database_unavailable']);

      const reading = rest(program.url, bob.token);
      const list = await reading.ask('list_messages', { conversation_id });
      expect(list, 'though what was delivered cannot be noted').to.include({ ok: true });
      expect(list.messages.length).to.be.above(1);
      expect(await reading.ask('sync', { conversations: { [conversation_id]: 0 } })).to.include({ ok: true });

      await fault.end();
      await until('it is ready', async () => (await readiness(program.url)).status === 200, NOTICED_WITHIN_MS);
      expect(await send('again', { client_message_id: 'again' })).to.include({ ok: true });
      await until('it says that it is over', () => states().at(-1) === 'over');
      const [begun] = linesOfCondition(program, 'database_unavailable');
      expect(begun?.code).to.equal(fault.code);
      expect(begun?.cause).to.match(fault.cause);
      expect(begun?.next).to.match(fault.next);
      expect(states(), 'once').to.deep.equal(['begun', 'over']);
      expect(
        linesOf(program).filter(({ msg }) => /failed/.test(msg)),
        'and no line for each call',
      ).to.deep.equal([]);
    });
  });
}
