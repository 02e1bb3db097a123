import { expect } from 'chai';
import fc from 'fast-check';
import { readConfig } from '../../src/config.ts';
import { Database } from '../../src/database.ts';
import { onEachDatabase } from '../support/app.ts';
import { expectHistories, expectUnreadCounts } from './checks.ts';
import { eventful, piecemeal, play, receipts, type Story } from './steps.ts';
import { type Cast, startCast, World } from './world.ts';

/** For a longer search than every run of the tests can afford: `PROPERTY_RUNS=1000 mocha test/properties`. */
const RUNS = Number(process.env.PROPERTY_RUNS ?? 15);
const GIVE_UP_MS = 60_000 + RUNS * 1_000;

onEachDatabase('Whatever happens in a conversation', (kind) => {
  let cast: Cast;
  let database: Database;
  before(async function () {
    this.timeout(30_000);
    cast = await startCast(kind);
    database = await Database.open(readConfig(cast.app.env).database);
  });
  after(async () => {
    await database.close();
    await cast.app.stop();
  });

  /** Each run is a conversation of its own; it fails with the seed and the shortest story that it has found. */
  function always(
    stories: fc.Arbitrary<Story>,
    tell: (world: World, rounds: Story['rounds']) => Promise<void>,
  ): Mocha.AsyncFunc {
    return async function () {
      this.timeout(2 * GIVE_UP_MS);
      let accepted = 0;
      const property = fc.asyncProperty(stories, async ({ members, rounds }) => {
        const world = await World.create(cast, members);
        await tell(world, rounds);
        accepted += world.accepted;
      });
      await fc.assert(property, { numRuns: RUNS, interruptAfterTimeLimit: GIVE_UP_MS, markInterruptAsFailure: true });
      expect(accepted, 'operations that were accepted').to.be.above(RUNS * 5);
    };
  }

  it(
    'the unread counts equal a recount, the statuses are true and the numbers are dense at its end',
    always(eventful, async (world, rounds) => {
      for (const round of rounds) await play(world, round);
      await expectUnreadCounts(world, database);
      await expectHistories(world);
    }),
  );

  it(
    'the unread counts equal a recount after every step',
    always(piecemeal, async (world, rounds) => {
      for (const round of rounds) {
        await play(world, round);
        await expectUnreadCounts(world, database);
      }
    }),
  );

  it(
    'the statuses say what the others have got and read',
    always(receipts, async (world, rounds) => {
      for (const round of rounds) await play(world, round);
      await expectHistories(world);
    }),
  );
});
