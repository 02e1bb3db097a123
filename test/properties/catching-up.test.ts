import { expect } from 'chai';
import fc from 'fast-check';
import { onEachDatabase } from '../support/app.ts';
import { expectSame, Follower } from './catching-up.ts';
import { lively, play } from './steps.ts';
import { type Cast, startCast, World } from './world.ts';

/** For a longer search than every run of the tests can afford: `PROPERTY_RUNS=1000 mocha test/properties`. */
const RUNS = Number(process.env.PROPERTY_RUNS ?? 15);
const GIVE_UP_MS = 60_000 + RUNS * 1_000;

onEachDatabase('A client that follows a conversation', (kind) => {
  let cast: Cast;
  before(async function () {
    this.timeout(30_000);
    cast = await startCast(kind);
  });
  after(() => cast.app.stop());

  /** The followers of a story: they begin connected, and end connected and caught up. */
  async function following(limits: readonly number[], tell: (followers: Follower[], world: World) => Promise<void>) {
    const transports = ['raw', 'socketio'] as const;
    const followers = cast.people.map(
      (person, index) => new Follower(cast.app.url, person, transports[index % 2] as 'raw', limits[index] ?? 500),
    );
    const clients = followers.map(
      (each) => [each.person.id, [...(cast.clients.get(each.person.id) ?? []), each]] as const,
    );
    const world = await World.create({ ...cast, clients: new Map(clients) }, 3);
    try {
      await Promise.all(followers.map((each) => each.connect()));
      await tell(followers, world);
    } finally {
      for (const { client } of followers) client.disconnect();
      await world.endForAll(); // what the next story finds is nothing, also after a failure
    }
  }

  async function expectAllSame(followers: readonly Follower[], world: World): Promise<void> {
    for (const { client, person } of followers) {
      const isIn = world.truth.members.has(person.id);
      const { conversationId } = world.truth;
      await client.until(() => client.conversations.has(conversationId) === isIn);
      const { conversations } = await person.rest.ask('list_conversations');
      const last = conversations.find((each: { conversation_id: number }) => each.conversation_id === conversationId);
      await client.until(() => client.conversations.get(conversationId)?.seq === last?.last_seq);
      await expectSame(client, person, false);
    }
    // what one's sync confirms the others' statuses tell
    for (let turn = 0; turn < 2; turn += 1) for (const { client } of followers) await client.sync();
    for (const { client, person } of followers) await expectSame(client, person, true);
  }

  const always = (numRuns: number, property: fc.IAsyncPropertyWithHooks<never>) =>
    fc.assert(property, { numRuns, interruptAfterTimeLimit: GIVE_UP_MS, markInterruptAsFailure: true });

  it('has at the end what a fresh fetch gives, however often its line went down', async function () {
    this.timeout(2 * GIVE_UP_MS);
    const toggles = fc.array(fc.array(fc.nat(3), { maxLength: 2 }), { size: 'max', maxLength: 25 });
    const limits = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 4, maxLength: 4 });
    const property = fc.asyncProperty(lively, toggles, limits, (story, lines, pages) =>
      following(pages, async (followers, world) => {
        for (const [index, round] of story.rounds.entries()) {
          const toggled = new Set(lines[index]);
          for (const [number, each] of followers.entries()) each.begin(toggled.has(number));
          await Promise.all([play(world, round), ...[...toggled].map((number) => followers[number]?.toggle())]);
        }
        for (const { client, connect } of followers) if (!client.isOnline) await connect();
        await expectAllSame(followers, world);
        await expectNothingKept(followers, world);
      }),
    );
    await always(RUNS, property as never);
  });

  it('misses nothing and meets no hole while its line is up', async function () {
    this.timeout(2 * GIVE_UP_MS);
    const property = fc.asyncProperty(lively, (story) =>
      following([], async (followers, world) => {
        for (const round of story.rounds) await play(world, round);
        await expectAllSame(followers, world);
        expect(followers.map(({ client }) => client.holes)).to.deep.equal([0, 0, 0, 0]);
        await expectNothingKept(followers, world);
      }),
    );
    await always(RUNS, property as never);
  });

  async function expectNothingKept(followers: readonly Follower[], world: World): Promise<void> {
    await world.endForAll();
    for (const { client } of followers) await client.until(() => client.conversations.size === 0);
  }
});
