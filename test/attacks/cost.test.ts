import { expect } from 'chai';
import { fillUsers, openToFill } from '../../bench/servers/fill-database.ts';
import { readConfig } from '../../src/config/config.ts';
import { accepted, groupOf, onEachServer, privateOf, refused, send } from '../contract/fixture.ts';
import type { Answer, Client } from '../support/clients.ts';

const MOST_MEMBERS = 5_000;
const LARGEST_PAGE = 500;
/** More than a search scans, and more than a group holds. */
const USERS = 6_000;
const MEMBERS = Array.from({ length: MOST_MEMBERS }, (_, index) => index + 1);

onEachServer('Among 6,000 users,', (app) => {
  before(async function () {
    this.timeout(120_000);
    const database = await openToFill(readConfig(app().env).database);
    await fillUsers(database, USERS);
    await database.close();
  });

  describe('a large group', () => {
    it('holds 5,000 members including its creator, and no more', async () => {
      const [ann, ben] = await app().people('ann', 'ben');
      const others = MEMBERS.slice(1);
      const over = await ann.rest.ask('create_group', { name: 'Everybody', member_ids: MEMBERS });
      expect(refused(over, 400, 'invalid_input').fields?.[0]?.field).to.equal('member_ids');
      const made = accepted(await ann.rest.ask('create_group', { name: 'Everybody', member_ids: others }));
      const { conversation_id } = made;
      refused(await ann.rest.ask('add_participant', { conversation_id, user_id: ben.id }), 409, 'group_full');
      accepted(await ann.rest.ask('add_participant', { conversation_id, user_id: others[0] })); // already a member
      accepted(await ann.rest.ask('remove_participant', { conversation_id, user_id: others[0] }));
      accepted(await ann.rest.ask('add_participant', { conversation_id, user_id: ben.id }));
    });

    it('lists its members in pages, each once, the oldest membership first', async () => {
      const ann = await app().person('ann');
      const late = MEMBERS.slice(0, 3);
      const member_ids = MEMBERS.slice(3, 1_203);
      const { conversation_id } = accepted(await ann.rest.ask('create_group', { name: 'Many', member_ids }));
      for (const user_id of late) accepted(await ann.rest.ask('add_participant', { conversation_id, user_id }));
      const pages: Answer[] = [accepted(await ann.rest.ask('list_participants', { conversation_id }))];
      for (let cursor = pages[0]?.next_cursor; cursor !== undefined; cursor = pages.at(-1)?.next_cursor)
        pages.push(accepted(await ann.rest.ask('list_participants', { conversation_id, cursor })));
      expect(pages.map(({ participants }) => participants.length)).to.deep.equal([LARGEST_PAGE, LARGEST_PAGE, 204]);
      const ids = pages.flatMap(({ participants }) => participants.map(({ id }: { id: number }) => id));
      expect(new Set(ids)).to.deep.equal(new Set([ann.id, ...member_ids, ...late]));
      expect(ids.slice(-3)).to.deep.equal(late);
      const few = accepted(await ann.rest.ask('list_participants', { conversation_id, limit: 2 }));
      expect(few.participants.map(({ id }: { id: number }) => id)).to.deep.equal(ids.slice(0, 2));
      const bad = await ann.rest.ask('list_participants', { conversation_id, cursor: 'nonsense' });
      expect(refused(bad, 400, 'invalid_input').fields?.[0]?.field).to.equal('cursor');
    });
  });

  describe('a search of names with the same prefix', () => {
    it('finds the exact name first, and then prefix matches', async () => {
      const ann = await app().person('ann');
      const { users } = accepted(await ann.rest.ask('search_users', { q: 'User599' }));
      const names = users.map(({ username }: { username: string }) => username);
      expect(names).to.deep.equal(['user599', ...Array.from({ length: 10 }, (_, digit) => `user599${digit}`)]);
    });

    it('finds a name by its end', async () => {
      const ann = await app().person('ann');
      const { users } = accepted(await ann.rest.ask('search_users', { q: 'r5998' }));
      expect(users.map(({ username }: { username: string }) => username)).to.deep.equal(['user5998']);
    });

    it('scans a bounded number of names if it finds none', async () => {
      const ann = await app().person('ann');
      const { users } = accepted(await ann.rest.ask('search_users', { q: 'user%' }));
      expect(users).to.deep.equal([]);
    });
  });
});

onEachServer(
  'The cost of a call',
  (app) => {
    const OPERATIONS = 50;
    /** How many calls of an operation are permitted at once. */
    async function letThrough(client: Client, name: string, input: object): Promise<number> {
      const answers = await Promise.all(Array.from({ length: OPERATIONS + 1 }, () => client.ask(name, input)));
      const limited = answers.filter(({ error }) => error?.code === 'rate_limited');
      for (const { error } of limited) expect(error.retry_after).to.be.at.least(1);
      return answers.length - limited.length;
    }

    it('is 1 for small calls', async () => {
      const ann = await app().person('ann');
      expect(await letThrough(await ann.raw(), 'me', {})).to.equal(OPERATIONS);
    });

    it('grows with the ids that are marked as read', async () => {
      const [ann, ben] = await app().people('ann', 'ben');
      await send(ben, await privateOf(ann, ben));
      const message_ids = Array.from({ length: 500 }, (_, index) => index + 1_000_000);
      expect(await letThrough(await ann.raw(), 'read_receipt', { message_ids })).to.equal(2);
    });

    it('grows with the conversations that are synced', async () => {
      const ann = await app().person('ann');
      const conversations = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [index + 1_000_000, 1]));
      expect(await letThrough(await ann.raw(), 'sync', { conversations })).to.equal(2);
      const later = await app().person('later');
      expect(await letThrough(await later.raw(), 'sync', { conversations: {} })).to.equal(OPERATIONS / 2);
    });

    it('grows with the members of a new group', async () => {
      const ann = await app().person('ann');
      const member_ids = Array.from({ length: 200 }, (_, index) => index + 1_000_000);
      expect(await letThrough(await ann.raw(), 'create_group', { name: 'Large', member_ids })).to.equal(2);
    });

    it('grows with the messages that are excluded from a page', async () => {
      const ann = await app().person('ann');
      const conversation_id = await groupOf(ann);
      const page = { conversation_id, offset: 50_000 };
      expect(await letThrough(await ann.raw(), 'list_messages', page)).to.equal(1);
    });

    it('delays the following calls if it exceeds the limit', async () => {
      const ann = await app().person('ann');
      const member_ids = Array.from({ length: 1_000 }, (_, index) => index + 1_000_000);
      const client = await ann.raw();
      expect((await client.ask('create_group', { name: 'Large', member_ids })).error.code).to.equal('unknown_member');
      const { error } = await client.ask('me');
      expect(error.code).to.equal('rate_limited');
      expect(error.retry_after).to.be.within(115, 125); // 101 of 50 a minute
    });

    it('is counted for invalid calls, too', async () => {
      const ann = await app().person('ann');
      expect(await letThrough(await ann.raw(), 'delivered', { conversation_id: 'x' })).to.equal(OPERATIONS);
    });
  },
  { RATE_LIMITS: 'on', RATE_SIGNUP_ORIGIN: '10000/60', RATE_OPERATIONS: '50/60' },
);

onEachServer(
  'Adding one user to groups',
  (app) => {
    it('is limited for all users together; leaving and other users are not', async () => {
      const [victim, other, ...attackers] = await app().people('victim', 'other', 'ann', 'ben', 'cid');
      const codes: string[] = [];
      const [stranger, foreign] = [other, await groupOf(attackers[0])];
      for (let round = 0; round < 10; round += 1)
        refused(
          await stranger.rest.ask('add_participant', { conversation_id: foreign, user_id: victim.id }),
          403,
          'not_participant',
        );
      for (let round = 0; round < 2; round += 1) {
        for (const attacker of attackers) {
          const membership = { conversation_id: await groupOf(attacker), user_id: victim.id };
          const { error } = await attacker.rest.ask('add_participant', membership);
          codes.push(error?.code ?? 'ok');
          if (error === undefined) accepted(await victim.rest.ask('remove_participant', membership));
        }
      }
      expect(codes).to.deep.equal(['ok', 'ok', 'ok', 'ok', 'rate_limited', 'rate_limited']);
      const [ann] = attackers;
      accepted(await ann.rest.ask('add_participant', { conversation_id: await groupOf(ann), user_id: other.id }));
    });
  },
  { RATE_LIMITS: 'on', RATE_SIGNUP_ORIGIN: '10000/60', RATE_ADDED: '4/60' },
);

onEachServer(
  'Heavy calls',
  (app) => {
    it('are limited to two concurrent ones per user', async () => {
      const ann = await app().person('ann');
      const clients = await Promise.all([ann.raw(), ann.raw(), ann.socketio()]);
      const heavy = { name: 'Large', member_ids: Array.from({ length: 600 }, (_, index) => index + 1_000_000) };
      const answers = await Promise.all(
        clients.flatMap((client) => [1, 2, 3].map(() => client.ask('create_group', heavy))),
      );
      const codes = answers.map(({ error }) => error.code);
      expect(new Set(codes)).to.deep.equal(new Set(['unknown_member', 'rate_limited']));
      expect(codes.filter((code) => code === 'unknown_member')).to.have.length(2);
      expect((await clients[0].ask('create_group', heavy)).error.code).to.equal('unknown_member');
    });
  },
  { RATE_LIMITS: 'on', RATE_SIGNUP_ORIGIN: '10000/60', RATE_OPERATIONS: '100000/1' },
);
