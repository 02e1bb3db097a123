import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Cluster, type Member, startCluster } from './cluster.ts';

/** `npm run test:soak` asks for 2,000. */
const CLIENTS = Number(process.env.SOAK_CLIENTS ?? 100);
const BACK_WITHIN_MS = 10_000;
const GROUP_SIZE = 50;

describe('A reconnect storm', () => {
  let cluster: Cluster;
  before(async function () {
    this.timeout(120_000);
    cluster = await startCluster(this, { here: 1, processes: 1 });
  });
  after(() => cluster?.stop());

  it(`of ${CLIENTS} clients whose node is killed ends within 10 s: all have reconnected and synced, each with few statements`, async function () {
    this.timeout(120_000);
    const members = await cluster.enroll(CLIENTS);
    const safe = cluster.node(0);
    const groups: number[] = [];
    for (let from = 0; from < CLIENTS; from += GROUP_SIZE) {
      groups.push(await cluster.group(safe, ...members.slice(from, from + GROUP_SIZE)));
    }
    // a process of its own, as clients are
    const clients = fork(join(import.meta.dirname, 'client-process.ts'), { stdio: 'inherit' });
    try {
      const urls = [cluster.process(0).url, safe.url];
      clients.send({ members, urls, missed: 1 });
      expect((await once(clients, 'message'))[0]).to.equal('connected');
      const statements = await statementsSoFar();
      await cluster.process(0).kill('SIGKILL');
      for (const [index, conversation_id] of groups.entries()) {
        const admin = members[index * GROUP_SIZE] as Member;
        const sent = await cluster.rest(safe, admin).ask('message', { conversation_id, content: 'missed' });
        expect(sent).to.include({ ok: true });
      }
      const [{ backMs, shown }] = await once(clients, 'message');
      const each = ((await statementsSoFar()) - statements) / CLIENTS;
      process.stdout.write(
        `      ${CLIENTS} clients: back and caught up in ${backMs} ms, ${each.toFixed(1)} transactions each\n`,
      );
      expect(shown, 'each shows what it missed').to.equal(CLIENTS);
      expect(backMs).to.be.below(BACK_WITHIN_MS);
      expect(each).to.be.below(20);
    } finally {
      clients.kill('SIGKILL');
    }
  });

  /** Transactions, of which a statement alone is one; its own numbers PostgreSQL tells with a delay of up to a second. */
  async function statementsSoFar(): Promise<number> {
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const [[count] = []] = await cluster.query(
      'select xact_commit + xact_rollback from pg_stat_database where datname = current_database()',
    );
    return Number(count);
  }
});
