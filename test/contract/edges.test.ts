import { expect } from 'chai';
import { codeIn, type Person } from '../support/people.ts';
import { accepted, groupOf, historyOf, http, onEachServer, privateOf, refused, send, TRANSPORTS } from './fixture.ts';

const MOST_MESSAGES = 1_000;
const LARGEST_PAGE = 200;
const DEFAULT_PAGE = 50;

/** Sends many messages at once over one connection. Returns their ids in order. */
async function sendMany(by: Person, conversation_id: number, count: number): Promise<number[]> {
  const client = await by.raw();
  const sent = await Promise.all(
    Array.from({ length: count }, (_, index) => send(client, conversation_id, `${index}`)),
  );
  client.close();
  return sent.map(({ message_id }) => message_id);
}

onEachServer('At the limits of input', (app) => {
  for (const transport of TRANSPORTS) {
    describe(`over ${transport}`, () => {
      it('content has from 1 to 4096 characters, of any number of bytes', async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const [client, conversation_id] = [await alice.client(transport), await privateOf(alice, bob)];
        for (const content of ['x', '👋', ' x ', 'é'.repeat(4096), '👋'.repeat(4096), `${' '.repeat(4095)}x`]) {
          expect((await send(client, conversation_id, content)).content).to.equal(content);
          expect((await historyOf(bob, conversation_id, { limit: 1 }))[0]).to.include({ content });
        }
        const { message_id } = await send(client, conversation_id);
        for (const content of ['👋'.repeat(4097), 'é'.repeat(4097)]) {
          refused(await client.ask('message', { conversation_id, content }), 400, 'invalid_input');
          refused(await client.ask('edit_message', { message_id, content }), 400, 'invalid_input');
        }
        const content = '👋'.repeat(4096);
        expect(accepted(await client.ask('edit_message', { message_id, content })).content).to.equal(content);
      });

      it('a client_message_id has from 1 to 64 characters', async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const [client, conversation_id] = [await alice.client(transport), await privateOf(alice, bob)];
        for (const client_message_id of ['x', 'é'.repeat(64), '👋'.repeat(64)]) {
          const first = await send(client, conversation_id, 'Hello!', { client_message_id });
          expect(await send(client, conversation_id, 'Hello!', { client_message_id })).to.deep.equal(first);
        }
      });

      it('the name of a group has from 1 to 100 characters', async () => {
        const alice = await app().person('alice');
        const client = await alice.client(transport);
        const conversation_id = await groupOf(alice);
        for (const name of ['x', '👋'.repeat(100)]) {
          accepted(await client.ask('create_group', { name, member_ids: [] }));
          accepted(await client.ask('rename_conversation', { conversation_id, name }));
          const { conversations } = await alice.rest.ask('list_conversations');
          expect(conversations.filter((each: { name: string }) => each.name === name)).to.have.length.above(0);
        }
        refused(await client.ask('create_group', { name: '👋'.repeat(101), member_ids: [] }), 400, 'invalid_input');
      });

      it('a profile picture is an http or https URL of up to 2048 characters, or empty', async () => {
        const client = await (await app().person()).client(transport);
        const longest = `https://a.example/${'x'.repeat(2048 - 'https://a.example/'.length)}`;
        for (const profile_picture of [longest, 'http://a.example:8080/a?b=c#d', 'HTTPS://A.example', '']) {
          expect(accepted(await client.ask('update_me', { profile_picture })).profile_picture).to.equal(
            profile_picture,
          );
        }
        refused(await client.ask('update_me', { profile_picture: `${longest}x` }), 400, 'invalid_input');
        expect((await client.ask('me')).profile_picture).to.equal('');
      });

      it('a username has from 3 to 32 characters', async () => {
        const person = await app().person();
        const client = await person.client(transport);
        for (const username of [`${person.id}`.padStart(3, '_'), `${person.id}`.padEnd(32, '.-_Az')]) {
          expect(accepted(await client.ask('update_me', { username })).username).to.equal(username);
        }
      });

      it('1000 messages can be marked as read at once, and a page has at most 200 messages', async () => {
        const [alice, bob] = await app().people('alice', 'bob');
        const [client, conversation_id] = [await bob.client(transport), await privateOf(alice, bob)];
        const ids = await sendMany(alice, conversation_id, MOST_MESSAGES);
        for (const [limit, given] of [
          [1, 1],
          [200, 200],
          [201, LARGEST_PAGE],
          [2 ** 53 - 1, LARGEST_PAGE],
          [undefined, DEFAULT_PAGE],
        ] as const) {
          const page = { conversation_id, ...(limit !== undefined && { limit }) };
          const { messages } = accepted(await client.ask('list_messages', page));
          expect(messages.map(({ id }: { id: number }) => id)).to.deep.equal(ids.slice(-given).reverse());
        }
        const last = accepted(await client.ask('list_messages', { conversation_id, offset: MOST_MESSAGES - 1 }));
        expect(last.messages).to.have.length(1);
        for (const offset of [MOST_MESSAGES, 2 ** 53 - 1]) {
          expect(accepted(await client.ask('list_messages', { conversation_id, offset })).messages).to.deep.equal([]);
        }
        accepted(await client.ask('read_receipt', { message_ids: ids }));
        expect((await historyOf(alice, conversation_id, { offset: MOST_MESSAGES - 1 }))[0]).to.include({
          status: 'read',
        });
      });

      it('a search text has up to 64 characters, and % and _ are no wildcards', async () => {
        const [alice, one, other] = await app().people('alice', 'un_der', 'unxder');
        const client = await alice.client(transport);
        const found = async (q: string) => accepted(await client.ask('search_users', { q })).users;
        const idsOf = (users: Person[]) => users.map(({ id }) => id);
        expect(idsOf(await found('un_der')))
          .to.include(one.id)
          .and.not.include(other.id);
        for (const q of ['%', 'a%', '_%', '\\', '\\_', 'x'.repeat(64), '👋'.repeat(64), "'", '"; --']) {
          expect(await found(q), q).to.deep.equal([]);
        }
        refused(await client.ask('search_users', { q: '👋'.repeat(65) }), 400, 'invalid_input');
      });
    });
  }

  it('of a sign-up, a username has from 3 to 32 characters, and a password from 8 characters to 72 bytes', async () => {
    const passwords = ['zq7-Xw3k', '👋'.repeat(8), 'x'.repeat(72), 'é'.repeat(36), '        '];
    for (const [index, password] of passwords.entries()) {
      const username = index % 2 === 0 ? `${index}._` : `${index}-`.padEnd(32, 'Z');
      const account = { username, password, email: `edge${index}@example.com` };
      expect((await http(app(), 'POST /api/signup/initiate', { body: account })).status, password).to.equal(200);
      const otp = codeIn((await app().smtp.next(account.email)).text);
      expect((await http(app(), 'POST /api/signup/verify', { body: { ...account, otp } })).status).to.equal(200);
      expect((await http(app(), 'POST /api/login', { body: account })).status).to.equal(200);
      const almost = { username, password: [...password].slice(0, -1).join('') };
      expect((await http(app(), 'POST /api/login', { body: almost })).status).to.equal(401);
    }
  });
});
