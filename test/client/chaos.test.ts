import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { type Node, startNode } from '../cluster/node.ts';
import { freshEnvironment } from '../support/app.ts';
import { People } from '../support/people.ts';
import { freePort } from '../support/processes.ts';
import { mountSmallDisk, type SmallDisk } from '../support/small-disk.ts';
import { Chaos } from './chaos.ts';
import { compare } from './compare.ts';

/** `npm run test:soak` sets a longer duration. */
const SECONDS = Number(process.env.SOAK_SECONDS ?? 4);
const SEED = Number(process.env.SOAK_SEED ?? 20_261_124);
const PEOPLE = 5;
/**
 * All devices converge this soon after the last fault: a server start, the longest backoff of a client, a lost answer.
 */
const CONVERGED_WITHIN_MS = 20_000;

describe('Clients under random faults', () => {
  let node: Node;
  let database: string;
  let disk: SmallDisk | undefined;
  let people: People;
  let remove: () => Promise<void>;
  let chaos: Chaos | undefined;
  before(async function () {
    this.timeout(120_000);
    disk = mountSmallDisk(this, '64m');
    database = join(disk.folder, 'mmchat.sqlite');
    const fresh = await freshEnvironment('sqlite', { DATABASE_URL: `sqlite:${database}` });
    remove = fresh.remove;
    node = await startNode({ ...fresh.env, HTTP_ADDR: `127.0.0.1:${await freePort()}` });
    people = new People(node.url, fresh.smtp);
  });
  after(async () => {
    await chaos?.stop();
    people?.closeClients();
    await node?.kill('SIGKILL');
    await remove?.();
    disk?.unmount();
  });

  it(`show what the database stores, whatever happens to their networks and the server (${SECONDS} s)`, async function () {
    this.timeout((SECONDS + 90) * 1_000);
    const persons = await Promise.all(Array.from({ length: PEOPLE }, () => people.signUp('user')));
    chaos = await Chaos.begin(node, database, disk as SmallDisk, persons, SEED);
    const end = Date.now() + SECONDS * 1_000;
    while (Date.now() < end) await chaos.fault();
    await chaos.settle(persons[0] as never);
    const { devices, groups } = chaos;
    const compareAll = () => compare(devices, groups, persons[0] as never);
    let found = await compareAll();
    for (const deadline = Date.now() + CONVERGED_WITHIN_MS; found.differences.length > 0 && Date.now() < deadline; ) {
      await delay(250);
      found = await compareAll();
    }
    process.stdout.write(`      seed ${SEED}: ${JSON.stringify({ ...chaos.counts, ...found.counts })}\n`);
    expect(found.differences.slice(0, 20), `${found.differences.length} differences`).to.deep.equal([]);
    expect(found.counts.ackedSends, 'messages acknowledged').to.be.above(SECONDS * 5);
    for (const name of ['reloaded', 'edited', 'deleted', 'removed', 'added'])
      expect(chaos.counts[name], name).to.be.above(0);
  });
});
