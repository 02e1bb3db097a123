import { expect } from 'chai';
import type { Answer } from '../support/clients.ts';
import {
  accepted,
  groupOf,
  historyOf,
  membersOf,
  onEachServer,
  privateOf,
  refused,
  send,
  summaryFor,
  TRANSPORTS,
} from './fixture.ts';

const NOBODY = [999_999_998, 999_999_999];

onEachServer('A group', (app) => {
  for (const transport of TRANSPORTS) {
    describe(`over ${transport}`, () => {
      it('has its creator as admin, named among the members or not, and each member once', async () => {
        const [alice, bob, carol] = await app().people('alice', 'bob', 'carol');
        const client = await alice.client(transport);
        for (const people of [
          [bob, carol],
          [alice, bob, carol, bob, alice, carol],
        ]) {
          const member_ids = people.map(({ id }) => id);
          const made = accepted(await client.ask('create_group', { name: 'Chess', member_ids }));
          expect(made).to.include({ is_group: true });
          expect(await membersOf(made.conversation_id, bob)).to.have.deep.members([
            [alice.id, true],
            [bob.id, false],
            [carol.id, false],
          ]);
        }
      });

      it('is not created if a member is unknown, and the error names the member', async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const client = await alice.client(transport);
        const asked = { name: 'Chess', member_ids: [bob.id, ...NOBODY] };
        const { fields } = refused(await client.ask('create_group', asked), 400, 'unknown_member');
        expect(fields?.map(({ field }) => field)).to.deep.equal(['member_ids']);
        for (const id of NOBODY) expect(fields?.[0]?.message).to.include(`${id}`);
        expect(fields?.[0]?.message).not.to.match(new RegExp(`\\b${bob.id}\\b`));
        for (const each of [alice, bob]) {
          expect(accepted(await each.rest.ask('list_conversations')).conversations).to.deep.equal([]);
        }
      });

      it('can consist of its creator alone', async () => {
        const alice = await app().person('alice');
        const client = await alice.client(transport);
        const { conversation_id } = accepted(await client.ask('create_group', { name: 'Notes', member_ids: [] }));
        expect(await membersOf(conversation_id, alice)).to.deep.equal([[alice.id, true]]);
        await send(client, conversation_id, 'to myself');
      });

      it('does not change when a member is added again', async () => {
        const [alice, bob, carol] = await app().people('alice', 'bob', 'carol');
        const client = await alice.client(transport);
        const conversation_id = await groupOf(alice, bob, carol);
        await send(carol, conversation_id);
        await send(bob, conversation_id);
        const before = [await membersOf(conversation_id, bob), await summaryFor(bob, conversation_id)];
        for (const { id } of [bob, alice]) {
          accepted(await client.ask('add_participant', { conversation_id, user_id: id }));
        }
        const after = [await membersOf(conversation_id, bob), await summaryFor(bob, conversation_id)];
        expect(after).to.deep.equal(before);
        expect(await summaryFor(bob, conversation_id)).to.include({ unread_count: 1, last_seq: 2 });
      });

      it('shows a new member the whole history, and counts later messages as unread', async () => {
        const [alice, bob, carol] = await app().people('alice', 'bob', 'carol');
        const client = await alice.client(transport);
        const conversation_id = await groupOf(alice, bob);
        const early = [await send(alice, conversation_id, 'one'), await send(bob, conversation_id, 'two')];
        accepted(await client.ask('add_participant', { conversation_id, user_id: carol.id }));
        expect(await summaryFor(carol, conversation_id)).to.include({ unread_count: 0 });
        const late = await send(bob, conversation_id, 'three');
        expect(await summaryFor(carol, conversation_id)).to.include({ unread_count: 1 });
        const history = (await historyOf(carol, conversation_id)).filter(({ type }) => type === 'message');
        const ids = [late, ...early.reverse()].map(({ message_id }) => message_id);
        expect(history.map(({ id }) => id)).to.deep.equal(ids);
      });

      it('has the number of its members in the list and in a first sync, as members come and go', async () => {
        const [alice, bob, carol] = await app().people('alice', 'bob', 'carol');
        const client = await alice.client(transport);
        const conversation_id = await groupOf(alice, bob);
        const chat = await privateOf(alice, bob);
        const count = async (id: number) => {
          const { conversations } = accepted(await client.ask('list_conversations'));
          const { new_conversations } = accepted(await client.ask('sync'));
          const counts = [conversations, new_conversations].map(
            (list) => list.find((each: Answer) => each.id === id).participant_count,
          );
          expect(counts[0]).to.equal(counts[1]);
          return counts[0];
        };
        const [member, newcomer] = [bob, carol].map(({ id }) => ({ conversation_id, user_id: id }));
        expect([await count(conversation_id), await count(chat)]).to.deep.equal([2, 2]);
        for (let time = 0; time < 2; time += 1) accepted(await client.ask('add_participant', newcomer));
        expect(await count(conversation_id)).to.equal(3);
        accepted(await bob.rest.ask('remove_participant', member));
        expect(await count(conversation_id)).to.equal(2);
        accepted(await client.ask('remove_participant', newcomer));
        expect(await count(conversation_id)).to.equal(1);
      });

      it('has the last name that an admin gave it', async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const client = await alice.client(transport);
        const conversation_id = await groupOf(alice, bob);
        for (const name of ['Chess', ' Chess & more 👋 ']) {
          expect(accepted(await client.ask('rename_conversation', { conversation_id, name }))).to.include({ name });
          for (const each of [alice, bob]) expect((await summaryFor(each, conversation_id)).name).to.equal(name);
        }
        refused(await client.ask('rename_conversation', { conversation_id, name: ' ' }), 400, 'invalid_input');
        expect(await summaryFor(bob, conversation_id)).to.include({ last_seq: 2, is_group: true, profile_picture: '' });
      });
    });
  }

  it('has its events in its history, in order, with the user who caused them', async () => {
    const [alice, bob, carol] = await app().people('alice', 'bob', 'carol');
    const conversation_id = await groupOf(alice, bob);
    accepted(await alice.rest.ask('add_participant', { conversation_id, user_id: carol.id }));
    accepted(await alice.rest.ask('rename_conversation', { conversation_id, name: 'Chess' }));
    accepted(await alice.rest.ask('remove_participant', { conversation_id, user_id: carol.id }));
    accepted(await alice.rest.ask('remove_participant', { conversation_id, user_id: alice.id }));
    const history = (await historyOf(bob, conversation_id)).reverse();
    expect(
      history.map(({ seq, type, event, sender_id, user_id }) => [seq, type, event, sender_id, user_id]),
    ).to.deep.equal([
      [1, 'system', 'added_to_conversation', alice.id, carol.id],
      [2, 'system', 'renamed', alice.id, null],
      [3, 'system', 'removed_from_conversation', alice.id, carol.id],
      [4, 'system', 'removed_from_conversation', alice.id, alice.id],
      [5, 'system', 'admin_changed', bob.id, bob.id],
    ]);
    expect(await summaryFor(bob, conversation_id)).to.include({ unread_count: 0, last_seq: 5 });
  });

  it('is online for a member while another member is', async () => {
    const [alice, bob, carol] = await app().people('alice', 'bob', 'carol');
    const group = await groupOf(alice, bob, carol);
    await privateOf(alice, bob);
    const watching = await alice.raw();
    expect(await summaryFor(alice, group)).to.include({ other_user_online: false });
    expect(await summaryFor(bob, group)).to.include({ other_user_online: true });
    const client = await carol.raw();
    await watching.inbox.next('presence', { sender_id: carol.id, content: 'online' });
    expect(await summaryFor(alice, group))
      .to.include({ other_user_online: true })
      .and.not.have.property('other_user');
    const { participants } = accepted(await alice.rest.ask('list_participants', { conversation_id: group }));
    const online = participants.filter((each: Answer) => each.online).map(({ id }: Answer) => id);
    expect(online).to.have.members([alice.id, carol.id]);
    client.close();
    await watching.inbox.next('presence', { sender_id: carol.id, content: 'offline' });
    expect(await summaryFor(alice, group)).to.include({ other_user_online: false });
  });
});
