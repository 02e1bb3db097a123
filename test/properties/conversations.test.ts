import { expect } from 'chai';
import fc from 'fast-check';
import { readConfig } from '../../src/config/config.ts';
import type { Database } from '../../src/database/database.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { onEachDatabase } from '../support/app.ts';
import { IS_SOAK } from '../support/soak.ts';
import { expectHistories, expectUnreadCounts } from './checks.ts';
import { eventful, piecemeal, play, receipts, type Step, type Story } from './steps.ts';
import { type Fixture, startFixture, World } from './world.ts';

/** `PROPERTY_RUNS=1000 mocha test/properties` searches longer. */
const RUNS = Number(process.env.PROPERTY_RUNS ?? (IS_SOAK ? 15 : 4));
const GIVE_UP_MS = 60_000 + RUNS * 1_000;

/** More calls that name many messages cross than are run of one user at once. */
const heavyCrossing: Story = {
  members: 1,
  rounds: [
    ...Array.from({ length: 10 }, () => [step('send', 0, 1, 2)]),
    Array.from({ length: 4 }, () => step('readMost', 0)),
  ],
};

/** A user lists messages and leaves at the same time. */
const leavingReader: Story = {
  members: 1,
  rounds: [
    [step('add', 0, 1)],
    [step('send', 0, 0)],
    [
      { kind: 'look', who: 3, via: 0, picks: [0] },
      { kind: 'remove', who: 0, via: 0, picks: [21] },
    ],
    [step('send', 0, 0), step('add', 0, 0)],
  ],
};

function step(kind: Step['kind'], ...picks: number[]): Step {
  return { kind, who: 0, via: 1, picks };
}

onEachDatabase('After random operations in a conversation', (kind) => {
  let fixture: Fixture;
  let database: Database;
  before(async function () {
    this.timeout(120_000);
    fixture = await startFixture(kind);
    database = await openDatabase(readConfig(fixture.app.env).database);
  });
  after(async () => {
    await database.close();
    await fixture.app.stop();
  });

  /** Each run is a conversation of its own; it fails with the seed and the shortest story that it has found. */
  function always(
    stories: fc.Arbitrary<Story>,
    run: (world: World, rounds: Story['rounds']) => Promise<void>,
    examples: [Story][] = [],
  ): Mocha.AsyncFunc {
    return async function () {
      this.timeout(2 * GIVE_UP_MS);
      let [asked, accepted] = [0, 0];
      const property = fc.asyncProperty(stories, async ({ members, rounds }) => {
        const world = await World.create(fixture, members);
        await run(world, rounds);
        asked += world.asked;
        accepted += world.accepted;
      });
      const bounds = { numRuns: RUNS, interruptAfterTimeLimit: GIVE_UP_MS, markInterruptAsFailure: true };
      await fc.assert(property, { ...bounds, examples });
      expect(accepted, 'operations that were accepted').to.be.above(asked / 2);
    };
  }

  it(
    'the unread counts equal a recount, the statuses are correct and the numbers are dense',
    always(
      eventful,
      async (world, rounds) => {
        for (const round of rounds) await play(world, round);
        await expectUnreadCounts(world, database);
        await expectHistories(world);
      },
      [[heavyCrossing]],
    ),
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
    'the statuses correspond to what the others have received and read',
    always(
      receipts,
      async (world, rounds) => {
        for (const round of rounds) await play(world, round);
        await expectHistories(world);
      },
      [[leavingReader]],
    ),
  );
});
