import { expect } from 'chai';
import { readConfig } from '../../src/config/config.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { seedDatabase } from '../../tools/seed/seed.ts';
import { type ClusterNode, startNodeHere } from '../cluster/node.ts';
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
  const started: { stop(): Promise<void> }[] = [];
  beforeEach(async function () {
    await requirePostgresql(this);
    const [sqlite, postgresql] = await Promise.all([freshEnvironment('sqlite'), freshEnvironment('postgresql')]);
    fresh = { sqlite, postgresql };
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map((server) => server.stop()));
    await Promise.all(Object.values(fresh ?? {}).map(({ remove }) => remove()));
  });

  async function start(kind: Kind, ready: RegExp): Promise<RunningProcess> {
    const server = await startServer(fresh[kind].env, ready);
    started.push({ stop: () => server.stop('SIGKILL') });
    return server;
  }
  async function startHere(kind: Kind): Promise<ClusterNode> {
    const server = await startNodeHere({ ...fresh[kind].env, LOG_LEVEL: 'info' });
    started.push(server);
    return server;
  }
  const onBoth = (work: (kind: Kind) => Promise<void>) => Promise.all((['sqlite', 'postgresql'] as const).map(work));

  it('exclude each other: the second reports that it waits and exits with one line, and the first keeps running', () =>
    onBoth(async (kind) => {
      const first = await startHere(kind);
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
      expect((await fetch(`${first.url}/healthz`)).status).to.equal(200);
      expect(conditionLines(first.output(), 'other_server')).to.deep.equal([]);
    }));

  it('follow each other: the next one waits until the first has stopped, and then serves; immediately after a crash', () =>
    onBoth(async (kind) => {
      const first = await startHere(kind);
      const second = await start(kind, WAITS);
      await first.stop();
      await until('it serves', () => LISTENS.test(second.output()), GIVES_UP_WITHIN_MS);
      expect(conditionLines(second.output(), 'other_server').map(({ state }) => state)).to.deep.equal([
        'begun',
        'over',
      ]);
      await second.kill('SIGKILL');
      const third = await startHere(kind);
      expect(third.output()).not.to.match(WAITS);
    }));
});
