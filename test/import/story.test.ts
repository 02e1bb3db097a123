import { expect } from 'chai';
import { type App, createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { expectTrue, rowsOf } from '../seed/recount.ts';
import { type DatabaseKind, freshEnvironment } from '../support/app.ts';
import { type Client, rest } from '../support/clients.ts';
import { People, post } from '../support/people.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/processes.ts';
import { requirePostgresql } from '../support/services.ts';
import { type GoRows, type GoServer, goHash, makeGoServer, runImportShared } from './go-server.ts';

const [ANN, BEN, CID, DORA] = [3, 5, 8, 13];
const [PRIVATE, TEAM] = [21, 34];
const PASSWORDS: Readonly<Record<string, string>> = {
  ann: 'pärola',
  ben: 'short',
  cid: 'another old one',
  dora: 'gone',
};
const at = (minute: number, ms = 0) => new Date(Date.UTC(2024, 4, 1, 10, minute, 0, ms));
const user = (id: number, username: string) => ({
  id,
  username,
  email: `${username}@example.com`,
  password_hash: goHash(PASSWORDS[username] ?? ''),
  profile_pic: username === 'ann' ? 'https://cdn.example.com/ann.png' : null,
  created_at: at(0),
  last_active: at(50),
});
const message = (id: number, conversation_id: number, sender_id: number, sent_at: Date, others: object = {}) => ({
  ...{ id, conversation_id, sender_id, content: `text ${id}`, sent_at, is_deleted: false, edited_at: null },
  ...others,
});
const status = (user_id: number, state: string, ...ids: number[]) =>
  ids.map((message_id) => ({ message_id, user_id, status: state, read_at: state === 'read' ? at(40) : null }));

/** Ids are not in the order of times; 106 and 107 have the same time. Dora has left the team. */
const STORY: GoRows = {
  users: [user(ANN, 'ann'), user(BEN, 'ben'), user(CID, 'cid'), user(DORA, 'dora')],
  conversations: [
    { id: PRIVATE, name: null, is_group_chat: false, created_at: at(1) },
    { id: TEAM, name: 'The team', is_group_chat: true, created_at: at(1) },
  ],
  participants: [
    { conversation_id: PRIVATE, user_id: ANN, is_admin: false, joined_at: at(1) },
    { conversation_id: PRIVATE, user_id: BEN, is_admin: false, joined_at: at(1) },
    { conversation_id: TEAM, user_id: ANN, is_admin: true, joined_at: at(1) },
    { conversation_id: TEAM, user_id: BEN, is_admin: false, joined_at: at(1) },
    { conversation_id: TEAM, user_id: CID, is_admin: false, joined_at: at(14) },
  ],
  messages: [
    message(101, PRIVATE, ANN, at(5)),
    message(102, PRIVATE, BEN, at(4)),
    message(103, PRIVATE, ANN, at(6), { edited_at: at(9) }),
    message(104, PRIVATE, ANN, at(7), { is_deleted: true }),
    message(105, PRIVATE, BEN, at(8)),
    message(106, TEAM, DORA, at(11)),
    message(107, TEAM, BEN, at(11)),
    message(108, TEAM, ANN, at(12, 1)),
    message(109, TEAM, DORA, at(12)),
    message(110, TEAM, ANN, at(15)),
    message(111, TEAM, BEN, at(16)),
    message(112, TEAM, ANN, at(17)),
  ],
  message_status: [
    ...status(BEN, 'read', 101),
    ...status(BEN, 'delivered', 103),
    ...status(ANN, 'read', 102, 105, 106, 107, 111),
    ...status(BEN, 'read', 106, 110),
    ...status(BEN, 'delivered', 108, 109),
    ...status(CID, 'delivered', 110),
    ...status(DORA, 'read', 107),
  ],
  otp_codes: [{ id: 1, email: 'ann@example.com', code: '123456', expires_at: at(60) }],
};

/** What each sees: names and unread messages by conversation. Ben has not read 103, and 104 is deleted. */
const UNREAD: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  ann: { [PRIVATE]: 0, [TEAM]: 1 }, // 109
  ben: { [PRIVATE]: 1, [TEAM]: 3 }, // 108, 109 and 112
  cid: { [TEAM]: 3 }, // since the joining: 110 to 112
  dora: {},
};

const KINDS = ['sqlite', 'postgresql'] as const;
const WAYS = KINDS.flatMap((from) => KINDS.map((to) => ({ from, to })));

for (const { from, to } of WAYS)
  describe(`A Go server on ${from} that moves to ${to}`, function () {
    this.timeout(120_000);
    let go: GoServer;
    let folder: string;
    let fresh: Awaited<ReturnType<typeof freshEnvironment>>;
    let app: App;
    const clients = new Map<string, Client>();

    before(async function () {
      if (([from, to] as DatabaseKind[]).includes('postgresql')) await requirePostgresql(this);
      folder = makeTemporaryFolder('import');
      go = await makeGoServer(from);
      await go.insert(STORY);
      fresh = await freshEnvironment(to);
      const imported = await runImportShared(folder, fresh.env.DATABASE_URL, '--from', go.url);
      expect(imported.code, imported.stderr).to.equal(0);
      expect(imported.stdout).to.match(/^Imported and recounted, without a difference/);
      const database = await openDatabase(readConfig(fresh.env).database);
      expectTrue(await rowsOf(database));
      await database.close();
      app = await createApp(readConfig(fresh.env));
      for (const username of Object.keys(PASSWORDS)) {
        const response = await post(`${app.url}/api/login`, { username, password: PASSWORDS[username], token: true });
        const { token } = (await response.json()) as { token: string };
        clients.set(username, rest(app.url, token));
      }
    });
    after(async () => {
      await app?.stop();
      await fresh?.remove();
      await go?.remove();
      removeTemporaryFolder(folder);
    });

    const ask = (who: string, operation: string, input: object = {}) =>
      (clients.get(who) as Client).ask(operation, input);
    async function history(who: string, conversation_id: number) {
      const { messages } = await ask(who, 'list_messages', { conversation_id });
      return (messages as Record<string, unknown>[]).toReversed();
    }

    it('everybody logs in with the old password, by name or address, and has the old profile', async () => {
      expect(await ask('ann', 'me')).to.include({
        ok: true,
        id: ANN,
        username: 'ann',
        email: 'ann@example.com',
        profile_picture: 'https://cdn.example.com/ann.png',
        created_at: at(0).toISOString(),
      });
      const byAddress = { username: 'BEN@example.com', password: PASSWORDS.ben };
      expect((await post(`${app.url}/api/login`, byAddress)).status).to.equal(200);
      const wrong = { username: 'ben', password: PASSWORDS.ann };
      expect((await post(`${app.url}/api/login`, wrong)).status).to.equal(401);
      expect((await ask('ben', 'last_seen', { user_id: DORA })).last_seen).to.be.a('string');
    });

    it('each has the same conversations, with exact unread counts and the newest message', async () => {
      for (const [who, unread] of Object.entries(UNREAD)) {
        const { conversations } = await ask(who, 'list_conversations');
        const counts = conversations.map((each: { id: number; unread_count: number }) => [each.id, each.unread_count]);
        expect(Object.fromEntries(counts), who).to.deep.equal(unread);
      }
      const { conversations } = await ask('ben', 'list_conversations');
      expect(conversations[0]).to.deep.include({ id: TEAM, is_group: true, name: 'The team', last_seq: 7 });
      expect(conversations[0].last_message).to.include({ message_id: 112, content: 'text 112' });
      expect(conversations[1].other_user).to.include({ id: ANN, username: 'ann' });
    });

    it('the history has ids, times, edits and deletions, numbered in order of time and id', async () => {
      const team = await history('ann', TEAM);
      expect(team.map(({ id, seq }) => [id, seq])).to.deep.equal(
        [106, 107, 109, 108, 110, 111, 112].map((id, index) => [id, index + 1]),
      );
      expect(team[0]).to.include({ sender_id: DORA, sender_username: 'dora', content: 'text 106', type: 'message' });
      expect(team[3]).to.include({ created_at: at(12, 1).toISOString(), edited: false, edited_at: null });
      const alone = await history('ben', PRIVATE);
      expect(alone.map(({ id }) => id)).to.deep.equal([102, 101, 103, 104, 105]);
      expect(alone[2]).to.include({ edited: true, edited_at: at(9).toISOString(), content: 'text 103' });
      expect(alone[3]).to.include({ deleted: true, content: '', deleted_at: at(7).toISOString() });
      expect((await ask('dora', 'list_messages', { conversation_id: TEAM })).ok, 'a former member').to.equal(false);
    });

    it('statuses are those that the others have reported', async () => {
      const statuses = async (who: string, id: number) =>
        Object.fromEntries((await history(who, id)).map((each) => [each.id, each.status]));
      expect(await statuses('ann', PRIVATE)).to.include({ 101: 'read', 103: 'delivered' });
      expect(await statuses('ben', TEAM)).to.include({
        106: 'read',
        107: 'read',
        109: 'delivered',
        112: 'delivered',
      });
      expect(await statuses('ann', TEAM)).to.include({ 110: 'delivered' });
    });

    it('members, admins and a sync are as before', async () => {
      const { participants } = await ask('cid', 'list_participants', { conversation_id: TEAM });
      const admins = participants.map((each: { id: number; is_admin: boolean }) => [each.id, each.is_admin]);
      expect(Object.fromEntries(admins)).to.deep.equal({ [ANN]: true, [BEN]: false, [CID]: false });
      const synced = await ask('ben', 'sync', { conversations: { [PRIVATE]: 0, [TEAM]: 0 } });
      expect(synced.conversations[PRIVATE]).to.include({ seq: 5, last_seq: 5, unread_count: 1, has_more: false });
      expect(synced.conversations[TEAM].messages).to.have.length(7);
      const { new_conversations } = await ask('cid', 'sync');
      expect(new_conversations.map(({ id }: { id: number }) => id)).to.deep.equal([TEAM]);
    });

    it('everything goes on: reading, sending, a group and a new account, with new ids', async () => {
      expect(await ask('ben', 'read_receipt', { message_ids: [108, 112] })).to.include({ ok: true });
      const { conversations } = await ask('ben', 'list_conversations');
      expect(conversations[0].unread_count).to.equal(1);
      const sent = await ask('cid', 'message', { conversation_id: TEAM, content: 'new here' });
      expect(sent).to.include({ ok: true, seq: 8 });
      expect(sent.message_id).to.be.above(112);
      const again = await ask('ann', 'open_private_conversation', { other_user_id: BEN });
      expect(again.conversation_id).to.equal(PRIVATE);
      const group = await ask('ann', 'create_group', { name: 'New', member_ids: [BEN] });
      expect(group.conversation_id).to.be.above(TEAM);
      const people = new People(app.url, fresh.smtp);
      expect((await people.signUp('eve')).id).to.be.above(DORA);
      const { users } = await ask('cid', 'search_users', { q: 'do' });
      expect(users.map(({ id }: { id: number }) => id)).to.deep.equal([DORA]);
    });
  });
