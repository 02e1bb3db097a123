import { expect } from 'chai';
import { sql } from 'kysely';
import { readConfig } from '../../src/config/config.ts';
import type { Database } from '../../src/database/database.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { onEachDatabase } from '../support/app.ts';
import { expectHistories, expectUnreadCounts } from './checks.ts';
import { play, type Step } from './steps.ts';
import { type Fixture, startFixture, World } from './world.ts';

const [ANN, BEN] = [0, 1];
const RAW = 2;
/** More than the server searches to close a gap (`MAX_GAP_SEQS`). */
const MANY = 2_100;
const AT_ONCE = 300;

/** Situations that random stories seldom reach. */
onEachDatabase('A participant who reads out of order', (kind) => {
  let fixture: Fixture;
  let database: Database;
  let world: World;
  before(async function () {
    this.timeout(120_000);
    fixture = await startFixture(kind);
    database = await openDatabase(readConfig(fixture.app.env).database);
  });
  beforeEach(async () => {
    world = await World.create(fixture, 2);
  });
  after(async () => {
    await database.close();
    await fixture.app.stop();
  });

  /** Messages are numbered by their position in the conversation, from 0. */
  async function does(who: number, what: Step['kind'], ...picks: number[]): Promise<void> {
    await play(world, [{ kind: what, who, via: RAW, picks }]);
    await expectUnreadCounts(world, database);
  }

  async function sendsMany(who: number, count: number): Promise<void> {
    for (let left = count; left > 0; left -= AT_ONCE) {
      const round = Array.from(
        { length: Math.min(left, AT_ONCE) },
        (): Step => ({ kind: 'send', who, via: RAW, picks: [0] }),
      );
      await play(world, round);
    }
  }

  it('has nothing counted twice when everything below a range is deleted', async () => {
    await does(ANN, 'send', 0, 1, 2);
    await does(ANN, 'send', 3, 4);
    for (const message of [1, 3]) await does(BEN, 'read', message);
    for (const message of [0, 2, 1]) await does(ANN, 'delete', message);
    await does(BEN, 'read', 4);
    await does(ANN, 'send', 5);
    expect(world.model.unread(world.member(BEN, RAW).id)).to.equal(1);
    await expectHistories(world);
  });

  it('has all gaps between ranges closed by deletions and own messages, from above and from below', async () => {
    for (const who of [ANN, BEN, ANN, ANN, BEN, ANN, ANN, ANN]) await does(who, 'send', 0);
    await does(BEN, 'read', 5);
    await does(ANN, 'delete', 3);
    await does(BEN, 'read', 2);
    expect(await rangeCount(), 'closed from below').to.equal(1);
    await does(ANN, 'delete', 6);
    await does(BEN, 'read', 7);
    expect(await rangeCount(), 'closed from above').to.equal(1);
    await does(BEN, 'read', 0);
    expect(await rangeCount(), 'all ranges have joined').to.equal(0);
    await does(BEN, 'send', 0);
    expect(world.model.unread(world.member(BEN, RAW).id)).to.equal(0);
    await expectHistories(world);
  });

  it('keeps exact counts and statuses over a gap that is too long to be closed', async function () {
    this.timeout(120_000);
    await does(ANN, 'send', 0);
    await sendsMany(BEN, MANY);
    await does(BEN, 'read', 0);
    await does(ANN, 'send', 0);
    await does(BEN, 'read', MANY + 1); // a range, though nothing is left to read below it
    await does(ANN, 'send', 0, 1, 2);
    await does(BEN, 'read', MANY + 3);
    await does(ANN, 'delete', MANY + 2);
    await does(BEN, 'read', MANY + 4);
    await does(BEN, 'send', 0);
    await does(ANN, 'send', 0, 1, 2);
    for (const message of [MANY + 8, MANY + 6, MANY + 7]) await does(BEN, 'read', message);
    await does(BEN, 'read', 1);
    await expectStatusesOfNewest(10);
    await does(BEN, 'leave');
    await does(ANN, 'add', BEN);
    await does(ANN, 'send', 0, 1);
    await does(BEN, 'read', MANY + 10);
    await expectStatusesOfNewest(15);
  });

  it('has no range after many own messages, if there was nothing to read before them', async function () {
    this.timeout(120_000);
    await does(ANN, 'send', 0);
    await does(BEN, 'read', 0);
    await sendsMany(BEN, MANY);
    await does(ANN, 'send', 0);
    await does(BEN, 'read', MANY + 1);
    expect(await rangeCount()).to.equal(0);
    await expectStatusesOfNewest(5);
  });

  it('can mark hundreds of messages in any order, some of them own, read or deleted', async function () {
    this.timeout(120_000);
    for (const who of [ANN, BEN, ANN]) await sendsMany(who, AT_ONCE);
    for (const message of [3, 100, 650]) await does(ANN, 'delete', message);
    await does(BEN, 'read', 5, 200, 700);
    const every = (step: number, from: number) =>
      Array.from({ length: AT_ONCE }, (_, index) => (from + index * step) % (3 * AT_ONCE));
    await does(BEN, 'read', ...every(7, 1));
    await does(BEN, 'read', ...every(11, 5));
    await does(BEN, 'read', ...every(1, 2 * AT_ONCE), ...every(1, 0));
    expect(world.model.unread(world.member(BEN, RAW).id)).to.equal(0);
    expect(await rangeCount(), 'all ranges have joined').to.equal(0);
  });

  async function rangeCount(): Promise<number> {
    const { rows } = await sql<{ count: number }>`
      select count(*) as count from read_ranges where conversation_id = ${world.model.conversationId}`.execute(
      database.sql,
    );
    return Number(rows[0]?.count);
  }

  async function expectStatusesOfNewest(limit: number): Promise<void> {
    for (const who of [ANN, BEN]) {
      const { id, client } = world.member(who, RAW);
      const { messages } = await world.ask(client, 'list_messages', { limit });
      world.model.expectStatuses(id, messages);
      world.model.listed(id, messages);
    }
  }
});
