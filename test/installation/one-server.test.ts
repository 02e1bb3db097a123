import { expect } from 'chai';
import { readConfig } from '../../src/config/config.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { seedDatabase } from '../../tools/seed/seed.ts';
import { until } from '../cluster/until.ts';
import { freshEnvironment } from '../support/app.ts';
import { conditionLines } from '../support/condition-lines.ts';
import type { RunningProcess } from '../support/processes.ts';
import { requirePostgresql } from '../support/services.ts';
import { LISTENS, startServer } from './servers.ts';

const WAITS = /"condition":"other_server","state":"begun"/;
const GIVES_UP_WITHIN_MS = 30_000;

type Fresh = Awaited<ReturnType<typeof freshEnvironment>>;
type Kind = 'sqlite' | 'postgresql';

describe('Servers without Redis, on one database,', function () {
  this.timeout(120_000);
  let fresh: Record<Kind, Fresh>;
  /** The server that serves on each database, which the tests share. */
  const serving = new Map<Kind, RunningProcess>();
  const started: RunningProcess[] = [];
  before(async function () {
    await requirePostgresql(this);
    const [sqlite, postgresql] = await Promise.all([freshEnvironment('sqlite'), freshEnvironment('postgresql')]);
    fresh = { sqlite, postgresql };
  });
  const stopAll = () => Promise.all(started.splice(0).map((server) => server.stop('SIGKILL')));
  afterEach(async function () {
    if (this.currentTest?.isPassed()) return;
    await stopAll(); // it left them in an unknown state
    serving.clear();
  });
  after(async () => {
    await stopAll();
    await Promise.all(Object.values(fresh ?? {}).map(({ remove }) => remove()));
  });

  async function start(kind: Kind, ready: RegExp): Promise<RunningProcess> {
    const server = await startServer(fresh[kind].env, ready);
    started.push(server);
    return server;
  }
  /** Runs a test on both databases. It returns the server that serves in the end. */
  const onBoth = (work: (kind: Kind, first: RunningProcess) => Promise<RunningProcess>) =>
    Promise.all(
      (['sqlite', 'postgresql'] as const).map(async (kind) => {
        const first = serving.get(kind) ?? (await start(kind, LISTENS));
        serving.set(kind, await work(kind, first));
      }),
    );

  it('exclude each other: the second reports that it waits and exits with one line, and the first keeps running', () =>
    onBoth(async (kind, first) => {
      const second = await start(kind, WAITS);
      const operator = await openDatabase(readConfig(fresh[kind].env).database);
      const { usernames } = await seedDatabase(operator, { messages: 20, cost: 4 });
      expect(usernames, 'an operator’s command is not refused').not.to.deep.equal([]);
      await operator.close();
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
      return first;
    }));

  it('follow each other: the next one waits until the first has stopped, and then serves', () =>
    onBoth(async (kind, first) => {
      const second = await start(kind, WAITS);
      await first.stop();
      expect(await first.ended).to.equal(0);
      await until('it serves', () => LISTENS.test(second.output()), GIVES_UP_WITHIN_MS);
      expect(conditionLines(second.output(), 'other_server').map(({ state }) => state)).to.deep.equal([
        'begun',
        'over',
      ]);
      return second;
    }));

  it('follow each other immediately after a crash', () =>
    onBoth(async (kind, first) => {
      await first.kill('SIGKILL');
      const second = await start(kind, LISTENS);
      expect(second.output()).not.to.match(WAITS);
      return second;
    }));
});
