import { expect } from 'chai';
import { sql } from 'kysely';
import { withDatabase } from '../accounts/requests.ts';
import { expectTrue, rowsOf } from '../seed/recount.ts';
import type { TestApp } from '../support/app.ts';
import type { Answer, Client } from '../support/clients.ts';
import type { Person } from '../support/people.ts';
import { accepted, groupOf, onEachServer, privateOf, send, summaryFor, TIME, TRANSPORTS } from './fixture.ts';

const idsIn = (conversations: Answer[]) => conversations.map(({ conversation_id }) => conversation_id);

/** Groups of a user, in order of creation. */
async function groupsOf(person: Person, count: number): Promise<number[]> {
  const ids: number[] = [];
  while (ids.length < count) ids.push(await groupOf(person));
  return ids;
}

/** All pages of the list. Calls `between` after each page. */
async function pagesOf(client: Client, limit: number, between: () => Promise<unknown> = async () => undefined) {
  const pages: number[][] = [];
  let cursor: string | undefined;
  do {
    const asked = { limit, ...(cursor !== undefined && { cursor }) };
    const { conversations, next_cursor } = accepted(await client.ask('list_conversations', asked));
    pages.push(idsIn(conversations));
    cursor = next_cursor;
    await between();
  } while (cursor !== undefined);
  return pages;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A time on a day in the past. */
const NOON = 19_999.5 * DAY_MS;

/** Moves the last activity of conversations into the past. */
const wereActive = (app: TestApp, times: readonly { id: number; at: number }[]) =>
  withDatabase(app, async ({ sql: db }) => {
    for (const { id, at } of times) {
      const day = Math.floor(at / DAY_MS);
      await sql`update conversations set activity_at = ${at} where id = ${id}`.execute(db);
      await sql`update participants set activity_day = ${day} where conversation_id = ${id}`.execute(db);
    }
  });

onEachServer('The list of conversations', (app) => {
  for (const transport of TRANSPORTS) {
    describe(`over ${transport}`, () => {
      it('is in order of the newest activity: a message, a new member or a new name', async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const client = await alice.client(transport);
        const [one, two, three] = (await groupsOf(alice, 3)) as [number, number, number];
        const order = async () => idsIn(accepted(await client.ask('list_conversations')).conversations);
        expect(await order()).to.deep.equal([three, two, one]);
        await send(client, one);
        expect(await order()).to.deep.equal([one, three, two]);
        accepted(await client.ask('rename_conversation', { conversation_id: two, name: 'Chess' }));
        expect(await order()).to.deep.equal([two, one, three]);
        accepted(await client.ask('add_participant', { conversation_id: three, user_id: bob.id }));
        expect(await order()).to.deep.equal([three, two, one]);
        const chat = await privateOf(bob, alice);
        expect(await order()).to.deep.equal([chat, three, two, one]);
      });

      it('has the last message of each, or null before the first', async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const client = await alice.client(transport);
        const conversation_id = await privateOf(alice, bob);
        const last = async () => accepted(await client.ask('list_conversations')).conversations[0].last_message;
        expect(await last()).to.equal(null);
        await send(bob, conversation_id, 'first');
        const { message_id, created_at } = await send(bob, conversation_id, 'second');
        expect(await last()).to.include({ sender_id: bob.id, content: 'second', created_at });
        expect(created_at).to.match(TIME);
        accepted(await bob.rest.ask('edit_message', { message_id, content: 'better' }));
        expect(await last()).to.include({ content: 'better', created_at });
        accepted(await bob.rest.ask('delete_message', { message_id }));
        expect(await last()).to.include({ content: '', created_at });
      });

      it('has each conversation once, for any page size', async () => {
        const alice = await app().person('alice');
        const client = await alice.client(transport);
        const ids = (await groupsOf(alice, 7)).reverse();
        for (const [limit, sizes] of [
          [1, [1, 1, 1, 1, 1, 1, 1]],
          [3, [3, 3, 1]],
          [7, [7]],
          [100_000, [7]],
        ] as const) {
          const pages = await pagesOf(client, limit);
          expect(pages.map(({ length }) => length)).to.deep.equal(sizes);
          expect(pages.flat()).to.deep.equal(ids);
        }
      });

      it('shows only conversations that the user is in', async () => {
        const [alice, bob, carol] = await app().people('alice', 'bob', 'carol');
        const [mine, shared] = [await groupOf(alice, bob), await groupOf(carol, alice, bob)];
        await groupOf(carol);
        const client = await alice.client(transport);
        const { conversations } = accepted(await client.ask('list_conversations'));
        expect(idsIn(conversations)).to.have.members([mine, shared]);
      });
    });
  }

  it('neither omits nor repeats unchanged conversations while others become active between the pages', async () => {
    const alice = await app().person('alice');
    const ids = (await groupsOf(alice, 8)).reverse();
    const [oldest = 0] = ids.slice(-1);
    const pages = await pagesOf(alice.rest, 3, () => send(alice, oldest));
    expect(pages.flat()).to.deep.equal(ids.slice(0, -1)); // the oldest is now the newest, before the first page
    expect((await pagesOf(alice.rest, 3)).flat()).to.deep.equal([oldest, ...ids.slice(0, -1)]);
  });

  it('is in order of activity over all pages, for any distribution over days', async () => {
    const [alice, bob] = await app().people('alice', 'bob');
    const ids: number[] = [];
    while (ids.length < 24) ids.push(await groupOf(alice, bob));
    // some days have many, some none, and some times are equal
    const spread = ids.map((id, index) => ({ id, at: NOON - ((index * index) % 11) * DAY_MS + (index % 5) * HOUR_MS }));
    await wereActive(app(), spread);
    const newestFirst = (all: typeof spread) => all.toSorted((a, b) => b.at - a.at || b.id - a.id).map(({ id }) => id);
    for (const limit of [1, 2, 5, 7, 23, 24, 500]) {
      const pages = await pagesOf(alice.rest, limit);
      expect(pages.flat(), `${limit} at a time`).to.deep.equal(newestFirst(spread));
      expect(pages.slice(0, -1).every((page) => page.length === limit)).to.equal(true);
    }
    const [oldest = 0] = newestFirst(spread).slice(-1);
    const carol = await app().person('carol');
    accepted(await alice.rest.ask('add_participant', { conversation_id: oldest, user_id: carol.id }));
    const quiet = await groupOf(carol);
    for (const who of [alice, bob])
      expect((await pagesOf(who.rest, 5)).flat()).to.deep.equal([
        oldest,
        ...newestFirst(spread.filter(({ id }) => id !== oldest)),
      ]);
    await send(bob, oldest);
    expect((await pagesOf(carol.rest, 5)).flat()).to.deep.equal([oldest, quiet]);
    const rows = await withDatabase(app(), rowsOf);
    expectTrue({ ...rows, conversations: rows.conversations.filter(({ id }) => [oldest, quiet].includes(id)) });
  });

  it('accepts an empty cursor for the first page', async () => {
    const alice = await app().person('alice');
    const ids = await groupsOf(alice, 2);
    const { conversations, next_cursor } = accepted(
      await alice.rest.ask('list_conversations', { limit: 1, cursor: '' }),
    );
    expect(idsIn(conversations)).to.deep.equal([ids[1]]);
    expect(next_cursor).to.be.a('string');
  });

  it('counts only the unread messages of others', async () => {
    const [alice, bob] = await app().people('alice', 'bob');
    const group = await groupOf(alice, bob);
    await send(alice, group);
    const { message_id } = await send(bob, group);
    await send(bob, group);
    accepted(await alice.rest.ask('rename_conversation', { conversation_id: group, name: 'Chess' }));
    expect(
      [await summaryFor(alice, group), await summaryFor(bob, group)].map(({ unread_count }) => unread_count),
    ).to.deep.equal([2, 1]);
    accepted(await bob.rest.ask('delete_message', { message_id }));
    expect(await summaryFor(alice, group)).to.include({ unread_count: 1 });
  });
});
