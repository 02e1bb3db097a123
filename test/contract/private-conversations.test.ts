import { expect } from 'chai';
import { accepted, onEachServer, privateOf, refused, send, summaryFor, TRANSPORTS } from './fixture.ts';

const NOBODY = 999_999_999;

onEachServer('A private conversation', (app) => {
  for (const transport of TRANSPORTS) {
    describe(`over ${transport}`, () => {
      it('is the same for both users, each time it is opened', async () => {
        const [alice, bob, carol] = await app().people('alice', 'bob', 'carol');
        const [one, other] = [await alice.client(transport), await bob.client(transport)];
        const first = accepted(await one.ask('open_private_conversation', { other_user_id: bob.id }));
        expect(first).to.include({ is_group: false });
        await send(alice, first.conversation_id);
        for (const [client, other_user_id] of [
          [one, bob.id],
          [other, alice.id],
          [one, bob.id],
        ] as const) {
          expect(accepted(await client.ask('open_private_conversation', { other_user_id }))).to.deep.equal(first);
        }
        const { conversations } = accepted(await other.ask('list_conversations'));
        expect(conversations).to.have.length(1);
        expect(await privateOf(alice, carol)).not.to.equal(first.conversation_id);
      });

      it('needs two existing users', async () => {
        const alice = await app().person('alice');
        const client = await alice.client(transport);
        refused(await client.ask('open_private_conversation', { other_user_id: alice.id }), 400, 'own_conversation');
        refused(await client.ask('open_private_conversation', { other_user_id: NOBODY }), 404, 'unknown_user');
        expect(accepted(await client.ask('list_conversations')).conversations).to.deep.equal([]);
      });

      it('keeps its two participants and cannot be renamed', async () => {
        const [alice, bob, carol] = await app().people('alice', 'bob', 'carol');
        const conversation_id = await privateOf(alice, bob);
        for (const person of [alice, bob]) {
          const client = await person.client(transport);
          for (const { id: user_id } of [alice, bob, carol]) {
            for (const operation of ['add_participant', 'remove_participant']) {
              refused(await client.ask(operation, { conversation_id, user_id }), 403, 'private_conversation');
            }
          }
          const renaming = { conversation_id, name: 'Ours' };
          refused(await client.ask('rename_conversation', renaming), 403, 'private_conversation');
        }
        const { participants } = accepted(await bob.rest.ask('list_participants', { conversation_id }));
        expect(participants.map(({ id }: { id: number }) => id)).to.have.members([alice.id, bob.id]);
        for (const { is_admin } of participants) expect(is_admin).to.equal(false);
        expect(await summaryFor(alice, conversation_id)).to.include({ last_seq: 0 });
      });

      it('shows the other user with their picture, and the names of both', async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const conversation_id = await privateOf(alice, bob);
        for (const [person, picture] of [
          [alice, 'https://a.example/a.png'],
          [bob, 'https://b.example/b.png'],
        ] as const) {
          accepted(await person.rest.ask('update_me', { profile_picture: picture }));
        }
        const client = await bob.client(transport);
        const [summary] = accepted(await client.ask('list_conversations')).conversations;
        expect(summary).to.include({ conversation_id, is_group: false, profile_picture: 'https://a.example/a.png' });
        expect(summary.name.split(' & ')).to.have.members([alice.username, bob.username]);
        const { last_seen, ...other } = summary.other_user;
        const { id, username } = alice;
        expect(other).to.deep.equal({ id, username, profile_picture: 'https://a.example/a.png' });
        expect(last_seen).to.equal((await bob.rest.ask('last_seen', { user_id: id })).last_seen);
        expect((await summaryFor(alice, conversation_id)).other_user.id).to.equal(bob.id);
      });
    });
  }

  it('has the new name of a renamed user', async () => {
    const [alice, bob] = await app().people('alice', 'bob');
    const conversation_id = await privateOf(alice, bob);
    await send(bob, conversation_id);
    const username = `${bob.username}_new`;
    accepted(await bob.rest.ask('update_me', { username }));
    const { name, other_user, last_message } = await summaryFor(alice, conversation_id);
    expect(name.split(' & ')).to.have.members([alice.username, username]);
    expect([other_user.username, last_message.sender_username]).to.deep.equal([username, username]);
  });

  it('shows in the list whether the other user is online', async () => {
    const [alice, bob] = await app().people('alice', 'bob');
    const conversation_id = await privateOf(alice, bob);
    const watching = await alice.raw(); // the user's own connections do not count
    expect(await summaryFor(alice, conversation_id)).to.include({ other_user_online: false });
    const client = await bob.raw();
    await watching.inbox.next('presence', { content: 'online' });
    expect(await summaryFor(alice, conversation_id)).to.include({ other_user_online: true });
    client.close();
    await watching.inbox.next('presence', { content: 'offline' });
    expect(await summaryFor(alice, conversation_id)).to.include({ other_user_online: false });
  });
});
