import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.ts';
import type { Client } from '../support/clients.ts';
import type { Person } from '../support/people.ts';

const A_SECOND_MS = 1_000;
/** The time to reload a page. */
const RELOAD_MS = 300;
/** The tolerance between the server's clock readings and its timers. */
const SLACK_MS = 50;

describe('Presence', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp();
  });
  after(() => app.stop());

  /** Two users with a private conversation, one of whom receives events. */
  async function scene() {
    const [alice, bob] = await app.people('alice', 'bob');
    const { conversation_id } = await alice.rest.ask('open_private_conversation', { other_user_id: bob.id });
    const friend = await alice.socketio();
    const next = (of: Person) => friend.inbox.next('presence', { sender_id: of.id });
    return { alice, bob, conversation_id, friend, next };
  }

  const statesOf = ({ inbox }: Client, { id }: Person) =>
    inbox
      .all('presence')
      .filter(({ sender_id }) => sender_id === id)
      .map(({ content }) => content);

  async function close(client: Client): Promise<void> {
    client.close();
    await client.closed;
  }

  it('reports online once for any number of devices, and offline when the last one has disconnected', async () => {
    const { alice, bob, conversation_id, friend, next } = await scene();
    const devices = [await bob.socketio(), await bob.raw(), await bob.socketio({ transports: ['polling'] })];
    const online = await next(bob);
    expect(online).to.include({ content: 'online', sender_username: bob.username });
    expect(Date.parse(online.expires_at)).to.be.above(Date.now());
    expect(Math.abs(Date.now() - Date.parse(online.last_seen))).to.be.below(5 * A_SECOND_MS);

    const [last, ...others] = devices;
    for (const device of others) await close(device);
    const { participants } = await alice.rest.ask('list_participants', { conversation_id });
    expect(participants.find(({ id }: Person) => id === bob.id).online, 'one device is left').to.equal(true);
    await close(last as Client);
    const offline = await next(bob);
    expect(offline).to.include({ content: 'offline', sender_username: bob.username });
    expect(statesOf(friend, bob)).to.deep.equal(['online', 'offline']);
    const { conversations } = await alice.rest.ask('list_conversations');
    expect(conversations[0].other_user_online).to.equal(false);
  });

  it('reports offline also for a connection too short to be reported as online: a list may have contained it', async () => {
    const { bob, friend, next } = await scene();
    const first = await bob.raw();
    await next(bob);
    await close(first);
    await next(bob);
    await close(await bob.raw()); // within a second of the last report, before the next one could be sent
    expect(await next(bob)).to.include({ content: 'offline' });
    expect(statesOf(friend, bob)).to.deep.equal(['online', 'offline', 'offline']);
  });

  it('reaches users who share a conversation, and nobody else, not the user either', async () => {
    const { alice, bob, friend, next } = await scene();
    const [carol, dave] = await app.people('carol', 'dave');
    await carol.rest.ask('create_group', { name: 'Others', member_ids: [dave.id] });
    const [stranger, own] = [await carol.raw(), await bob.raw()];
    await next(bob);
    await dave.raw();
    await stranger.inbox.next('presence', { sender_id: dave.id, content: 'online' });
    await dave.rest.ask('open_private_conversation', { other_user_id: bob.id });
    const eve = await app.person('eve');
    await eve.rest.ask('create_group', { name: 'All', member_ids: [bob.id, alice.id, carol.id] });
    await eve.raw();
    for (const { inbox } of [stranger, own, friend]) await inbox.next('presence', { sender_id: eve.id });
    expect(statesOf(stranger, bob)).to.deep.equal([]);
    expect(statesOf(own, bob)).to.deep.equal([]);
    expect([...statesOf(friend, carol), ...statesOf(friend, dave)]).to.deep.equal([]);
  });

  it('reports nothing for a user who reconnects at once, as after a reload', async () => {
    const { bob, conversation_id, friend, next } = await scene();
    let device = await bob.raw();
    const { last_seen } = await next(bob);
    await setTimeout(Date.parse(last_seen) + A_SECOND_MS - Date.now()); // until the next event could be sent at once
    for (const awayMs of [0, 0, 0, RELOAD_MS]) {
      await close(device);
      await setTimeout(awayMs);
      device = await bob.raw();
    }
    await device.ask('typing_start', { conversation_id });
    await friend.inbox.next('typing_start');
    expect(statesOf(friend, bob)).to.deep.equal(['online']);
    await close(device);
    await next(bob);
    expect(statesOf(friend, bob)).to.deep.equal(['online', 'offline']);
  });

  it('reports a user who connects and disconnects at most once per second, and the final state in the end', async () => {
    const { bob, friend, next } = await scene();
    const first = await bob.raw();
    await next(bob);
    await close(first);
    const offline = await next(bob);
    for (let round = 0; round < 5; round += 1) await close(await bob.raw());
    await bob.raw();
    const online = await next(bob);
    expect(statesOf(friend, bob)).to.deep.equal(['online', 'offline', 'online']);
    const apart = Date.parse(online.last_seen) - Date.parse(offline.last_seen);
    expect(apart).to.be.within(A_SECOND_MS - SLACK_MS, 4 * A_SECOND_MS);
  });
});
