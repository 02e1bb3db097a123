import { expect } from 'chai';
import fc from 'fast-check';
import { onEachDatabase } from '../support/app.ts';
import { IS_SOAK } from '../support/soak.ts';
import { expectSame, Follower } from './followers.ts';
import { busy, play } from './steps.ts';
import { type Fixture, startFixture, World } from './world.ts';

/** `PROPERTY_RUNS=1000 mocha test/properties` searches longer. */
const RUNS = Number(process.env.PROPERTY_RUNS ?? (IS_SOAK ? 15 : 4));
const GIVE_UP_MS = 60_000 + RUNS * 1_000;

onEachDatabase('A client that follows a conversation', (kind) => {
  let fixture: Fixture;
  before(async function () {
    this.timeout(120_000);
    fixture = await startFixture(kind);
  });
  after(() => fixture.app.stop());

  /** Runs a test with followers that are connected at the beginning. */
  async function withFollowers(limits: readonly number[], run: (followers: Follower[], world: World) => Promise<void>) {
    const transports = ['raw', 'socketio'] as const;
    const followers = fixture.people.map(
      (person, index) => new Follower(fixture.app.url, person, transports[index % 2] as 'raw', limits[index] ?? 500),
    );
    const clients = followers.map(
      (each) => [each.person.id, [...(fixture.clients.get(each.person.id) ?? []), each]] as const,
    );
    const world = await World.create({ ...fixture, clients: new Map(clients) }, 3);
    try {
      await Promise.all(followers.map((each) => each.connect()));
      await run(followers, world);
    } finally {
      for (const { client } of followers) client.disconnect();
      await world.removeAll(); // so that the next story starts without conversations, also after a failure
    }
  }

  async function expectAllSame(followers: readonly Follower[], world: World): Promise<void> {
    for (const { client, person } of followers) {
      const isIn = world.model.members.has(person.id);
      const { conversationId } = world.model;
      await client.until(() => client.conversations.has(conversationId) === isIn);
      const { conversations } = await person.rest.ask('list_conversations');
      const last = conversations.find((each: { conversation_id: number }) => each.conversation_id === conversationId);
      await client.until(() => client.conversations.get(conversationId)?.seq === last?.last_seq);
      await expectSame(client, person, false);
    }
    // one client's sync confirms messages, which changes the statuses of others
    for (let turn = 0; turn < 2; turn += 1) for (const { client } of followers) await client.sync();
    for (const { client, person } of followers) await expectSame(client, person, true);
  }

  const always = (numRuns: number, property: fc.IAsyncPropertyWithHooks<never>) =>
    fc.assert(property, { numRuns, interruptAfterTimeLimit: GIVE_UP_MS, markInterruptAsFailure: true });

  it('has in the end what a new client fetches, after any number of disconnections', async function () {
    this.timeout(2 * GIVE_UP_MS);
    const toggles = fc.array(fc.array(fc.nat(3), { maxLength: 2 }), { size: 'max', maxLength: 25 });
    const limits = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 4, maxLength: 4 });
    const property = fc.asyncProperty(busy, toggles, limits, (story, lines, pages) =>
      withFollowers(pages, async (followers, world) => {
        for (const [index, round] of story.rounds.entries()) {
          const toggled = new Set(lines[index]);
          for (const [number, each] of followers.entries()) each.begin(toggled.has(number));
          await Promise.all([play(world, round), ...[...toggled].map((number) => followers[number]?.toggle())]);
        }
        for (const { client, connect } of followers) if (!client.isOnline) await connect();
        await expectAllSame(followers, world);
        await expectNothingLeft(followers, world);
      }),
    );
    await always(RUNS, property as never);
  });

  it('misses nothing and finds no gap while it is connected', async function () {
    this.timeout(2 * GIVE_UP_MS);
    const property = fc.asyncProperty(busy, (story) =>
      withFollowers([], async (followers, world) => {
        for (const round of story.rounds) await play(world, round);
        await expectAllSame(followers, world);
        expect(followers.map(({ client }) => client.gaps)).to.deep.equal([0, 0, 0, 0]);
        await expectNothingLeft(followers, world);
      }),
    );
    await always(RUNS, property as never);
  });

  async function expectNothingLeft(followers: readonly Follower[], world: World): Promise<void> {
    await world.removeAll();
    for (const { client } of followers) await client.until(() => client.conversations.size === 0);
  }
});
