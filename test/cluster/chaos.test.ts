import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { Chaos } from './chaos.ts';
import { compare } from './checker.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { until } from './waiting.ts';

/** `npm run test:soak` sets these. */
const SECONDS = Number(process.env.SOAK_SECONDS ?? 10);
const SEED = Number(process.env.SOAK_SEED ?? 20_261_123);
/** Everybody has shown everything this long after the last fault. */
const CONVERGED_WITHIN_MS = 5_000;

describe('Chaos', () => {
  let cluster: Cluster;
  let chaos: Chaos | undefined;
  before(async function () {
    this.timeout(60_000);
    cluster = await startCluster(this, { nodes: 3 });
  });
  after(async () => {
    chaos?.stop();
    await cluster?.stop();
  });

  it(`leaves no difference between what was acked, what is kept and what each client shows (${SECONDS} s)`, async function () {
    this.timeout((SECONDS + 120) * 1_000);
    chaos = await Chaos.begin(cluster, SEED);
    const end = Date.now() + SECONDS * 1_000;
    while (Date.now() < end) await chaos.fault();
    await chaos.quieten();
    const { ledger, followers } = chaos;
    const same = async () => (await compare(cluster, ledger, followers)).differences.length === 0;
    await until('all show the same', same, CONVERGED_WITHIN_MS).catch(() => undefined); // the report says what is not
    await delay(500);
    const { counts, differences } = await compare(cluster, ledger, followers);
    process.stdout.write(`      seed ${SEED}: ${JSON.stringify({ ...chaos.counts, ...counts })}\n`);
    expect(differences.slice(0, 20), `${differences.length} differences`).to.deep.equal([]);
    expect(counts.ackedSends, 'need much to have happened').to.be.above(SECONDS * 10);
  });
});
