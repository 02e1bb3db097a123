import { expect } from 'chai';
import { sql } from 'kysely';
import { MAX_RECEIPT_PARTICIPANTS } from '../../src/messages/delivered.ts';
import { withDatabase } from '../accounts/requests.ts';
import { accepted, groupOf, historyOf, onEachServer, privateOf, send, TRANSPORTS } from '../contract/fixture.ts';
import type { Answer } from '../support/clients.ts';
import { LEGACY, read, receiptsOf } from './legacy-fixture.ts';

const idsIn = (receipts: Answer[]) => receipts.map(({ message_id }) => message_id);
const OTHER = 20_000;

onEachServer(
  'A read receipt with LEGACY_FIELDS=on',
  (app) => {
    for (const transport of TRANSPORTS) {
      it(`of a private conversation is one event for each message that was read over ${transport}`, async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const chat = await privateOf(alice, bob);
        const [one, two] = [await send(bob, chat), await send(bob, chat)].map(({ message_id }) => message_id);
        const clients = [await bob.socketio(), await bob.raw(), await alice.raw()];
        const reader = await alice.client(transport);
        await read(reader, two, one, two);
        await read(reader, one);
        for (const receipts of await receiptsOf(bob, chat, clients)) {
          expect(idsIn(receipts)).to.deep.equal([one, two]);
          for (const { message_id, ...receipt } of receipts)
            expect(receipt).to.deep.include({ conversation_id: chat, message_ids: [message_id], sender_id: alice.id });
        }
        expect(reader.inbox.all('read_receipt')).to.deep.equal([]);
      });

      it(`of a group is sent when the last member reads the message over ${transport}, once`, async () => {
        const [alice, bob, carol] = await app().people('alice', 'bob', 'carol');
        const group = await groupOf(alice, bob, carol);
        const [one, two] = [await send(alice, group), await send(alice, group)].map(({ message_id }) => message_id);
        const clients = [await alice.socketio(), await alice.raw()];
        const own = await bob.raw();
        await read(await bob.client(transport), one, two);
        await read(await carol.client(transport), two); // out of order
        for (const receipts of await receiptsOf(alice, group, clients)) expect(idsIn(receipts)).to.deep.equal([two]);
        await read(await carol.client(transport), one);
        for (const receipts of await receiptsOf(alice, group, clients)) {
          expect(idsIn(receipts)).to.deep.equal([two, one]);
          for (const { sender_id } of receipts) expect(sender_id).to.equal(carol.id);
        }
        const [received = []] = await receiptsOf(alice, group, [own]);
        expect(received.map(({ sender_id, message_id }) => [sender_id, message_id])).to.deep.equal([
          [bob.id, one],
          [bob.id, two],
          [carol.id, two],
          [carol.id, one],
        ]);
      });
    }

    it('of a group is sent once if the last members read the message at the same time', async () => {
      const members = await app().people('bob', 'carol', 'dave', 'erin');
      const alice = await app().person('alice');
      const group = await groupOf(alice, ...members);
      const client = await alice.raw();
      const { message_id } = await send(alice, group);
      await Promise.all(members.map((member) => read(member, message_id)));
      const [receipts = []] = await receiptsOf(alice, group, [client]);
      expect(idsIn(receipts)).to.deep.equal([message_id]);
    });

    it('of a group agrees with the status of the message when members leave and join', async () => {
      const [alice, bob, carol, dave] = await app().people('alice', 'bob', 'carol', 'dave');
      const group = await groupOf(alice, bob, carol);
      const client = await alice.raw();
      const leave = (user_id: number) => alice.rest.ask('remove_participant', { conversation_id: group, user_id });
      const { message_id: unread } = await send(alice, group, 'never read by carol');
      accepted(await leave(carol.id));
      accepted(await alice.rest.ask('add_participant', { conversation_id: group, user_id: dave.id }));
      const { message_id: later } = await send(alice, group, 'read by all');
      await read(bob, unread, later);
      await read(dave, later);
      const [receipts = []] = await receiptsOf(alice, group, [client]);
      expect(idsIn(receipts)).to.deep.equal([later]);
      const statuses = new Map((await historyOf(alice, group)).map(({ id, status }) => [id, status]));
      expect([statuses.get(unread), statuses.get(later)]).to.deep.equal(['sent', 'read']);
    });

    it(`of a group of more than ${MAX_RECEIPT_PARTICIPANTS} members goes only to the sender of the message`, async () => {
      const [alice, bob, carol] = await app().people('alice', 'bob', 'carol');
      const group = await groupOf(alice, bob, carol);
      const { message_id, seq } = await send(alice, group);
      await withDatabase(app(), async ({ sql: db }) => {
        const strangers = sql.join(
          Array.from({ length: MAX_RECEIPT_PARTICIPANTS }, (_, index) => {
            const name = sql.lit(`stranger${group}-${index}`);
            return sql`(${name}, ${name}, ${name}, ${name}, '', 1, 1)`;
          }),
        );
        await sql`
          insert into users (username, username_key, email, email_key, password_hash, last_seen, created_at)
          values ${strangers}`.execute(db);
        // members who have read everything, and some of them out of order
        await sql`
          insert into participants (conversation_id, user_id, is_admin, joined_at, read_seq, settled, delivered_seq)
          select ${group}, id, is_admin, 1, ${OTHER}, 0, ${OTHER} from users
            join participants p on p.conversation_id = ${group} and p.user_id = ${bob.id}
          where username like ${`stranger${group}-%`}`.execute(db);
        await sql`update conversations set participant_count = ${MAX_RECEIPT_PARTICIPANTS + 3} where id = ${group}`.execute(
          db,
        );
      });
      const clients = [await alice.raw(), await bob.raw()];
      await read(bob, message_id);
      await read(carol, message_id);
      expect(seq).to.equal(1);
      const [bySender, byOther] = await receiptsOf(alice, group, clients);
      expect(idsIn(bySender ?? [])).to.deep.equal([message_id]);
      expect((byOther ?? []).map(({ sender_id }) => sender_id)).to.deep.equal([bob.id]);
    });

    it('of a group does not reach a member who has left', async () => {
      const [alice, bob, carol] = await app().people('alice', 'bob', 'carol');
      const group = await groupOf(alice, bob, carol);
      const { message_id } = await send(carol, group);
      const client = await carol.raw();
      accepted(await carol.rest.ask('remove_participant', { conversation_id: group, user_id: carol.id }));
      for (const reader of [alice, bob]) await read(reader, message_id);
      await send(alice, await privateOf(alice, carol), 'mark');
      await client.inbox.next('message');
      expect(client.inbox.all('read_receipt')).to.deep.equal([]);
    });
  },
  LEGACY,
);
