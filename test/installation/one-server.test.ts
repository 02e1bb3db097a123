import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { until } from '../cluster/until.ts';
import { freshEnvironment } from '../support/app.ts';
import { conditionLines } from '../support/condition-lines.ts';
import { COMPILED_ONCE, type RunningProcess } from '../support/processes.ts';
import { requirePostgresql } from '../support/services.ts';
import { LISTENS, startServer } from './servers.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const WAITS = /"condition":"other_server","state":"begun"/;
const GIVES_UP_WITHIN_MS = 30_000;

type Fresh = Awaited<ReturnType<typeof freshEnvironment>>;

describe('Servers without Redis, on one database,', function () {
  this.timeout(120_000);
  let fresh: Record<'sqlite' | 'postgresql', Fresh>;
  const servers: RunningProcess[] = [];
  before(async function () {
    await requirePostgresql(this);
    const [sqlite, postgresql] = await Promise.all([freshEnvironment('sqlite'), freshEnvironment('postgresql')]);
    fresh = { sqlite, postgresql };
  });
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop('SIGKILL')));
  });
  after(() => Promise.all(Object.values(fresh ?? {}).map(({ remove }) => remove())));

  const onBoth = <T>(work: (env: Record<string, string>, kind: string) => Promise<T>) =>
    Promise.all(Object.entries(fresh).map(([kind, { env }]) => work(env, kind)));
  const start = async (env: Record<string, string>, ready: RegExp) => {
    const server = await startServer(env, ready);
    servers.push(server);
    return server;
  };

  it('exclude each other: the second reports that it waits and exits with one line, and the first keeps running', () =>
    onBoth(async (env, kind) => {
      const first = await start(env, LISTENS);
      const second = await start(env, WAITS);
      if (kind === 'sqlite') {
        const seeding = await run(process.execPath, [join(ROOT, 'tools/seed/main.ts')], {
          env: { ...COMPILED_ONCE, ...env },
          cwd: '/',
        });
        expect(seeding.stdout, 'an operator’s command is not refused').to.include('Seeded');
      }
      await until('it exits', () => /cannot start/.test(second.output()), GIVES_UP_WITHIN_MS);
      expect(await second.ended).to.equal(1);
      const lastLine = second.output().trim().split('\n').at(-1);
      expect(lastLine).to.match(
        /^MmChat cannot start: another server uses this database\. .*REDIS_URL.*stop|stop.*REDIS_URL/,
      );
      const [line] = conditionLines(second.output(), 'other_server');
      expect(line, kind).to.include({ state: 'begun' }).and.have.property('next').that.includes('waits');
      const [, url] = LISTENS.exec(first.output()) ?? [];
      expect((await fetch(`${url}/healthz`)).status).to.equal(200);
      expect(conditionLines(first.output(), 'other_server')).to.deep.equal([]);
    }));

  it('follow each other: the next one waits until the first has stopped, and then serves', () =>
    onBoth(async (env) => {
      const first = await start(env, LISTENS);
      const second = await start(env, WAITS);
      await first.stop();
      expect(await first.ended).to.equal(0);
      await until('it serves', () => LISTENS.test(second.output()), GIVES_UP_WITHIN_MS);
      expect(conditionLines(second.output(), 'other_server').map(({ state }) => state)).to.deep.equal([
        'begun',
        'over',
      ]);
    }));

  it('follow each other immediately after a crash', () =>
    onBoth(async (env) => {
      const first = await start(env, LISTENS);
      await first.kill('SIGKILL');
      const second = await start(env, LISTENS);
      expect(second.output()).not.to.match(WAITS);
    }));
});
