import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { Client, ServerEvent } from '../support/clients.ts';
import { rawAt } from '../support/clients.ts';
import { IS_SOAK } from '../support/soak.ts';
import { type Cluster, type Member, startCluster, type Wire } from './cluster.ts';
import { Follower } from './follower.ts';
import { until } from './until.ts';

const TYPING_SEC = IS_SOAK ? 6 : 2;
const RENEW_AFTER_MS = 1_000;
const WIRES = ['socketio', 'polling', 'raw'] as const;

describe('Nodes that share a Redis and a PostgreSQL', () => {
  let cluster: Cluster;
  before(async function () {
    this.timeout(120_000);
    cluster = await startCluster(this, { here: 2, env: { TYPING_SEC: `${TYPING_SEC}` } });
  });
  after(() => cluster?.stop());

  /** Two people in a private conversation, and clients of both on the two nodes over every transport. */
  async function pair() {
    const [one, other] = (await cluster.enroll(2)) as [Member, Member];
    const opened = await cluster
      .rest(cluster.node(0), one)
      .ask('open_private_conversation', { other_user_id: other.id });
    return { one, other, conversation_id: opened.conversation_id as number };
  }
  const everywhere = (who: Member) =>
    Promise.all(cluster.nodes.flatMap((node) => WIRES.map((wire: Wire) => cluster.client(node, who, wire))));
  const ids = (events: readonly ServerEvent[]) => events.map(({ message_id }) => message_id);

  it('send the same events in the order of their seq to every client on each of them, over every transport', async () => {
    const { one, other, conversation_id } = await pair();
    const receivers = await everywhere(other);
    const senders = [...(await everywhere(one)), ...cluster.nodes.map((node) => cluster.rest(node, one))];
    const sent: number[] = [];
    for (const [index, sender] of senders.entries()) {
      const { ok, message_id } = await sender.ask('message', { conversation_id, content: `number ${index}` });
      expect(ok).to.equal(true);
      sent.push(message_id);
    }
    const [first, second] = senders as [Client, Client];
    await first.ask('edit_message', { message_id: sent[0], content: 'edited' });
    await second.ask('delete_message', { message_id: sent[1] });
    for (const { inbox } of receivers) {
      await inbox.next('deleted_message', { message_id: sent[1] });
      expect(ids(inbox.all('message'))).to.deep.equal(sent);
      expect(inbox.all('edited_message')).to.have.length(1);
      expect(inbox.all('edited_message')[0]).to.include({ message_id: sent[0], content: 'edited' });
    }
    await receivers[0]?.ask('read_receipt', { message_ids: [sent[2]] });
    for (const { inbox } of [...senders.slice(0, 6), ...receivers.slice(1)]) {
      expect(await inbox.next('read_receipt')).to.include({ conversation_id, sender_id: other.id });
    }
  });

  it('may overtake each other, and `seq` restores the order: clients see no gap', async () => {
    const { one, other, conversation_id } = await pair();
    const followers = [one, other].flatMap((who) => cluster.nodes.map(({ url }) => new Follower(who, [url], 'raw')));
    await until('all are there', () => followers.every(({ caughtUpAt }) => caughtUpAt > 0));
    const before = followers.map(({ counts }) => counts.syncs);
    const send = async (by: Follower) => {
      for (let index = 0; index < 60; index += 1) await by.ask('message', { conversation_id, content: 'Hello!' });
    };
    await Promise.all(followers.flatMap((by) => [send(by), send(by), send(by)]));
    const all = 60 * 3 * followers.length;
    for (const each of followers) {
      await until('all is shown', () => each.views.get(conversation_id)?.seq === all);
      expect(each.contents(conversation_id)).to.have.length(all);
      each.stop();
    }
    expect(followers.map(({ counts }) => counts.gaps)).to.deep.equal([0, 0, 0, 0]);
    expect(
      followers.map(({ counts }) => counts.syncs),
      'by live events alone',
    ).to.deep.equal(before);
    const crossed = followers.some(({ received }) =>
      received.some(({ event }, index) => event.seq < (received[index - 1]?.event.seq ?? 0)),
    );
    expect(crossed, 'need some events to have crossed').to.equal(true);
  });

  it('send presence and typing indicators of users on any of them', async () => {
    const { one, other, conversation_id } = await pair();
    const [near, far] = [cluster.node(0), cluster.node(1)];
    const receivers = await Promise.all(WIRES.map((wire) => cluster.client(near, one, wire)));
    const coming = await cluster.client(far, other, 'raw');
    for (const { inbox } of receivers) await inbox.next('presence', { sender_id: other.id, content: 'online' });
    const { conversations } = await cluster.rest(near, one).ask('list_conversations');
    expect(conversations[0]).to.include({ other_user_online: true });
    await coming.ask('typing_start', { conversation_id });
    for (const { inbox } of receivers) await inbox.next('typing_start', { conversation_id, sender_id: other.id });
    coming.close();
    for (const { inbox } of receivers) await inbox.next('presence', { sender_id: other.id, content: 'offline' });
  });

  it('end a typing indicator by its last renewal, on any of them, with one event', async function () {
    this.timeout(120_000);
    const { one, other, conversation_id } = await pair();
    const [near, far] = [await cluster.client(cluster.node(0), one), await cluster.client(cluster.node(1), one)];
    const receivers = await Promise.all(cluster.nodes.map((node) => cluster.client(node, other)));
    await near.ask('typing_start', { conversation_id });
    await delay(RENEW_AFTER_MS);
    const { expires_at } = await far.ask('typing_start', { conversation_id });
    for (const { inbox } of receivers) {
      await inbox.next('typing_stop', { conversation_id }, (TYPING_SEC + 2) * 1_000);
      expect(Date.now()).to.be.at.least(Date.parse(expires_at) - 100);
    }
    const mark = { conversation_id, content: 'Done' };
    for (const sender of [near, far]) await sender.ask('message', mark);
    for (const { inbox } of receivers) {
      for (const _ of [near, far]) await inbox.next('message', mark);
      expect(inbox.all('typing_stop')).to.have.length(1);
    }
  });

  it('end a session on all of them at once when it is logged out on one', async () => {
    const { one, other, conversation_id } = await pair();
    const [near, far] = [cluster.node(0), cluster.node(1)];
    const clients = await everywhere(one);
    expect(await cluster.rest(far, one).ask('me'), 'need the other node to know the session').to.include({ ok: true });
    expect(await cluster.rest(near, one).ask('logout')).to.include({ ok: true });
    expect(await cluster.rest(far, one).ask('me')).to.include({ ok: false, status: 401 });
    await Promise.all(clients.map(({ closed }) => closed));
    await cluster.rest(far, other).ask('message', { conversation_id, content: 'Still there?' });
    for (const { inbox } of clients) expect(inbox.all('message')).to.deep.equal([]);
  });

  it('end all other sessions on all of them when the password is changed on one, and keep that one', async () => {
    const [near, far] = [cluster.node(0), cluster.node(1)];
    const one = await cluster.people(near).signUp('changing');
    const elsewhere = await cluster.people(far).logIn(one);
    const { password } = one;
    const [kept, ended] = [await everywhere(one), await everywhere(elsewhere)];
    const changed = await cluster
      .rest(near, one)
      .ask('change_password', { password, new_password: 'AnotherPassword1' });
    expect(changed).to.include({ ok: true });
    expect(await cluster.rest(far, elsewhere).ask('me')).to.include({ ok: false, status: 401 });
    await Promise.all(ended.map(({ closed }) => closed));
    for (const client of kept) expect(await client.ask('me')).to.include({ ok: true, id: one.id });
  });

  it('accept a ticket of any of them, once', async () => {
    const { one } = await pair();
    const [near, far] = [cluster.node(0), cluster.node(1)];
    const { ticket } = await cluster.rest(near, one).ask('ws_ticket');
    const address = `${far?.url.replace('http', 'ws')}/api/ws?ticket=${ticket}`;
    const client = await rawAt(address);
    expect(await client.ask('me')).to.include({ ok: true, id: one.id });
    client.close();
    for (const node of cluster.nodes) {
      const again = await rawAt(`${node.url.replace('http', 'ws')}/api/ws?ticket=${ticket}`).catch(String);
      expect(again).to.include('401');
    }
  });
});
