import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { requireFakeClock } from '../support/faketime.ts';
import { Chaos } from './chaos.ts';
import { compare } from './checker.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { addDisturbedNode, type DisturbedNode } from './faults.ts';
import { until } from './until.ts';

/** `npm run test:soak` sets these. */
const SECONDS = Number(process.env.SOAK_SECONDS ?? 4);
/** By default one whose first faults are short: Redis is paused, PostgreSQL cut off twice, and a clock is behind. */
const SEED = Number(process.env.SOAK_SEED ?? 20_262_561);
const NODES = 3;
/** All clients show everything this long after the last fault. */
const CONVERGED_WITHIN_MS = 5_000;

describe('Chaos', () => {
  let cluster: Cluster;
  let nodes: DisturbedNode[] = [];
  let chaos: Chaos | undefined;
  before(async function () {
    this.timeout(120_000);
    cluster = await startCluster(this, { separate: ['redis', 'postgresql'] });
    nodes = await Promise.all(Array.from({ length: NODES }, () => addDisturbedNode(cluster, requireFakeClock(this))));
  });
  after(async () => {
    chaos?.stop();
    await cluster?.stop();
    for (const { redis, postgresql } of nodes) await Promise.all([redis.stop(), postgresql.stop()]);
  });

  it(`leaves no difference between what was acknowledged, what is stored and what each client shows (${SECONDS} s)`, async function () {
    this.timeout((SECONDS + 120) * 1_000);
    chaos = await Chaos.begin(cluster, nodes, SEED);
    const end = Date.now() + SECONDS * 1_000;
    while (Date.now() < end) await chaos.fault();
    await chaos.quieten();
    const { ledger, followers } = chaos;
    const same = async () => (await compare(cluster, ledger, followers)).differences.length === 0;
    await until('all show the same', same, CONVERGED_WITHIN_MS).catch(() => undefined); // the report lists differences
    await delay(500);
    const { counts, differences } = await compare(cluster, ledger, followers);
    process.stdout.write(`      seed ${SEED}: ${JSON.stringify({ ...chaos.counts, ...counts })}\n`);
    expect(differences.slice(0, 20), `${differences.length} differences`).to.deep.equal([]);
    expect(counts.ackedSends, 'need much to have happened').to.be.above(SECONDS * 10);
  });
});
