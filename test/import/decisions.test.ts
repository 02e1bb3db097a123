import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import bcrypt from 'bcrypt';
import { expect } from 'chai';
import { sql } from 'kysely';
import { avatarKeyIn, findAvatar } from '../../src/accounts/avatars.ts';
import { isEmail, isUsername } from '../../src/accounts/names.ts';
import { readConfig } from '../../src/config/config.ts';
import type { Database } from '../../src/database/database.ts';
import { openDatabase } from '../../src/server/open-database.ts';
import { expectTrue, rowsOf, unreadOf } from '../seed/recount.ts';
import { migratedEnvironment, onEachDatabase } from '../support/app.ts';
import { makeTemporaryFolder, type Outcome, removeTemporaryFolder } from '../support/processes.ts';
import { type GoRow, type GoServer, goHash, makeGoServer, runImportShared } from './go-server.ts';

const at = (minute: number) => new Date(Date.UTC(2024, 4, 1, 10, minute));
const HASH = goHash('old password');
const user = (id: number, username: string, others: GoRow = {}): GoRow => ({
  ...{ id, username, email: `user${id}@example.com`, password_hash: HASH, profile_pic: '' },
  ...{ created_at: at(0), last_active: at(1) },
  ...others,
});
const group = (id: number, name: string | null, others: GoRow = {}): GoRow => ({
  ...{ id, name, is_group_chat: true, created_at: at(2) },
  ...others,
});
const privately = (id: number, others: GoRow = {}): GoRow => group(id, null, { is_group_chat: false, ...others });
const member = (conversation_id: number, user_id: number, others: GoRow = {}): GoRow => ({
  ...{ conversation_id, user_id, is_admin: false, joined_at: at(2) },
  ...others,
});
const message = (id: number, conversation_id: number | null, sender_id: number | null, others: GoRow = {}): GoRow => ({
  ...{ id, conversation_id, sender_id, content: `text ${id}`, sent_at: at(id), is_deleted: false, edited_at: null },
  ...others,
});
const read = (message_id: number, user_id: number, status = 'read'): GoRow => ({
  message_id,
  user_id,
  status,
  read_at: null,
});

const LONG_NAME = 'a name that is too long for this server, '.repeat(4).trim();
const LONG_TEXT = `${'word '.repeat(1_000)}${'x'.repeat(4_000)}👩‍👩‍👧${'y'.repeat(100)}`;
const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const USERS: GoRow[] = [
  user(1, 'ann'),
  user(2, 'ANN', { email: 'Ann@Example.com' }),
  user(3, 'ben the builder!', { email: 'ann@example.com' }),
  user(4, 'x'.repeat(40), { email: null }),
  user(5, 'x'.repeat(40), { email: 'no address', profile_pic: 'data:image/png;base64,R0lGODlh' }),
  user(6, '%%', { password_hash: 'md5:0123' }),
  user(7, 'ben_the_builder', { password_hash: HASH.replace('$2a$', '$2y$') }),
  user(8, 'раypal', { profile_pic: '/uploads/8.png' }), // Cyrillic and Latin letters
  user(9, 'dora', { profile_pic: PIXEL }),
  user(10, 'eve', { profile_pic: 'https://cdn.example.com/eve.png', created_at: null, last_active: null }),
];
const CONVERSATIONS: GoRow[] = [
  privately(20, { created_at: at(9) }),
  privately(21, { name: 'ann & ben', created_at: at(3) }),
  privately(22),
  privately(23, { name: 'Notes' }),
  privately(24),
  group(25, LONG_NAME),
  group(26, '  '),
  group(27, 'two\nlines'),
  group(28, 'With late members'),
  group(29, 'Times', { created_at: null }),
];
const PARTICIPANTS: GoRow[] = [
  ...[member(20, 1), member(20, 7), member(21, 7, { is_admin: true }), member(21, 1)],
  ...[member(22, 1), member(22, 77)], // nobody has this id
  member(23, 9),
  ...[member(24, 1), member(24, 7), member(24, 9)],
  ...[member(25, 9, { joined_at: at(3) }), member(25, 1, { joined_at: at(4) })],
  ...[member(26, 1, { is_admin: true }), member(26, 9), member(26, 9, { is_admin: true, joined_at: at(1) })],
  ...[member(27, 1, { is_admin: true }), member(999, 1), member(27, 88)],
  ...[member(28, 1, { is_admin: true }), member(28, 9, { joined_at: at(55) }), member(28, 7, { joined_at: null })],
  ...[member(29, 1, { is_admin: true }), member(29, 7)],
];
const MESSAGES: GoRow[] = [
  ...[message(31, 20, 1, { sent_at: at(34) }), message(32, 21, 7), message(33, 20, 7), message(34, 21, 1)],
  ...[message(40, 22, 77), message(41, 22, 1), message(42, 22, null)],
  message(43, 23, 9),
  message(44, 24, 7, { content: LONG_TEXT, edited_at: at(45) }),
  message(45, 24, 1, { content: 'a secret', is_deleted: true }),
  ...[message(46, 25, 9), message(47, 999, 1, { content: 'lost' }), message(48, null, 1)],
  ...[message(53, 28, 1), message(54, 28, 7), message(55, 28, 1), message(56, 28, 7), message(57, 28, 5)],
  ...[message(60, 29, 1), message(61, 29, 7, { sent_at: null }), message(62, 29, 1)],
];
const STATUSES: GoRow[] = [
  ...[read(31, 7), read(32, 1), read(44, 1), read(44, 1, 'delivered'), read(45, 7), read(44, 5)],
  ...[read(53, 9), read(56, 9), read(60, 1), read(61, 1, 'seen'), read(9_999, 1)],
];

type Line = Readonly<Record<string, unknown>> & { decision?: string };
type Stored = Record<string, unknown>;

onEachDatabase('Importing what the server would not accept', (kind) => {
  let go: GoServer;
  let folder: string;
  let fresh: Awaited<ReturnType<typeof migratedEnvironment>>;
  let outcome: Outcome;
  let report: Line[];
  let database: Database;
  let odd: string;

  before(async function () {
    this.timeout(120_000);
    folder = makeTemporaryFolder('import');
    go = await makeGoServer(kind);
    await go.insert({
      users: USERS,
      conversations: CONVERSATIONS,
      participants: PARTICIPANTS,
      messages: MESSAGES,
      message_status: STATUSES,
    });
    odd = kind === 'sqlite' ? 'the other day' : 'infinity';
    await go.run(`update messages set edited_at = '${odd}' where id = 62;
      alter table users add column bio text; create table stickers (id integer)`);
    fresh = await migratedEnvironment(kind);
    outcome = await runImportShared(folder, fresh.env.DATABASE_URL, '--from', go.url, '--report', 'decided.jsonl');
    expect(outcome.code, outcome.stderr).to.equal(0);
    report = linesIn(join(folder, 'decided.jsonl'));
    database = await openDatabase(readConfig(fresh.env).database);
  });
  after(async () => {
    await database?.close();
    await fresh?.remove();
    await go?.remove();
    removeTemporaryFolder(folder);
  });

  const linesIn = (path: string) =>
    readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
  const decided = (decision: string) => report.filter((line) => line.decision === decision);
  async function select(query: string): Promise<Stored[]> {
    return (await sql<Stored>`${sql.raw(query)}`.execute(database.sql)).rows.map((row) => ({ ...row }));
  }
  const one = async (query: string) => (await select(query))[0] as Stored;

  it('all numbers and counters are those of a recount', async () => {
    const rows = await rowsOf(database);
    expectTrue(rows);
    expect(unreadOf(rows, 1).get(20)).to.equal(1); // 33
    expect(unreadOf(rows, 9).get(24)).to.equal(3); // the parts of 44
    expect(unreadOf(rows, 1).get(24), 'read and delivered').to.equal(0);
  });

  it('usernames become valid and unique, the lowest id keeps a name, and the report has the old one', async () => {
    const users = await select('select id, username from users where id <= 10 order by id');
    const names = Object.fromEntries(users.map(({ id, username }) => [id, username]));
    expect(names).to.deep.equal({
      ...{ 1: 'ann', 2: 'ANN_2', 3: 'ben_the_builder_3', 4: 'x'.repeat(32), 5: `${'x'.repeat(30)}_5`, 6: 'user_6' },
      ...{ 7: 'ben_the_builder', 8: 'user_8', 9: 'dora', 10: 'eve' },
    });
    for (const name of Object.values(names)) expect(isUsername(String(name)), String(name)).to.equal(true);
    const changes = decided('username_changed').map((line) => [line.user, line.before, line.after]);
    expect(Object.fromEntries(changes.map(([id, before]) => [id, before]))).to.deep.equal(
      Object.fromEntries(
        USERS.filter(({ id }) => names[Number(id)] !== USERS[Number(id) - 1]?.username).map((each) => [
          each.id,
          each.username,
        ]),
      ),
    );
    const found = await select("select user_id from username_pieces where piece = '^use' order by user_id");
    expect(found.map(({ user_id }) => user_id)).to.deep.equal([6, 8]);
  });

  it('an account without an address of its own has none that any input leads to', async () => {
    const without = await select("select id, email_key from users where id <= 10 and email = '' order by id");
    expect(without.map(({ id }) => id)).to.deep.equal([3, 4, 5]);
    for (const { email_key } of without)
      expect(isEmail(String(email_key)) || String(email_key).includes('@')).to.equal(false);
    expect(decided('email_dropped').map((line) => [line.user, line.kept_by_user ?? line.before])).to.deep.equal([
      [3, 2],
      [4, null],
      [5, 'no address'],
    ]);
    expect(await one('select email from users where id = 2')).to.deep.equal({ email: 'Ann@Example.com' });
  });

  it('hashes of bcrypt stay, and others are replaced by one that no password fits', async () => {
    const hashes = await select('select id, password_hash from users where id in (1, 6, 7) order by id');
    const [ann, broken, php] = hashes.map(({ password_hash }) => String(password_hash)) as [string, string, string];
    expect(ann).to.equal(HASH);
    expect(await bcrypt.compare('old password', php)).to.equal(true);
    expect(broken).to.match(/^\$2b\$10\$/);
    expect(decided('password_unusable').map((line) => line.user)).to.deep.equal([6]);
    expect(JSON.stringify(report)).not.to.include(HASH).and.not.to.include('md5:0123').and.not.to.include(broken);
  });

  it('a picture is a URL, or kept by the server if it is what it says, or dropped', async () => {
    const rows = await select("select id, profile_picture from users where profile_picture <> '' order by id");
    const pictures = Object.fromEntries(rows.map(({ id, profile_picture }) => [id, String(profile_picture)]));
    expect(Object.keys(pictures)).to.deep.equal(['9', '10']);
    expect(pictures[10]).to.equal('https://cdn.example.com/eve.png');
    const kept = await findAvatar(database.sql, avatarKeyIn(pictures[9] ?? '') ?? '');
    expect(kept?.contentType).to.equal('image/png');
    expect(`data:image/png;base64,${Buffer.from(kept?.content ?? []).toString('base64')}`).to.equal(PIXEL);
    expect(decided('picture_dropped').map((line) => [line.user, line.before])).to.deep.equal([
      [5, undefined],
      [8, '/uploads/8.png'],
    ]);
    expect(await select('select id from conversations where participant_count is null')).to.deep.equal([]);
  });

  it('private conversations of the same two users become one, in order of time', async () => {
    const merged = await select('select id, seq from messages where conversation_id = 20 order by seq');
    expect(merged.map(({ id }) => id)).to.deep.equal([32, 33, 31, 34]);
    expect(await select('select * from conversations where id = 21')).to.deep.equal([]);
    expect(await one('select name, private_key, created_at from conversations where id = 20')).to.deep.equal({
      name: null,
      private_key: '1:7',
      created_at: at(3).getTime(),
    });
    expect(decided('private_merged')).to.deep.equal([{ decision: 'private_merged', conversation: 21, into: 20 }]);
    expect(decided('private_name_dropped')).to.have.length(1);
    const admins = await select('select * from participants where conversation_id = 20 and is_admin');
    expect(admins).to.deep.equal([]);
  });

  it('private conversations without two members are kept as groups, named and with an admin', async () => {
    const names = await select('select id, name from conversations where id in (22, 23, 24) order by id');
    expect(names.map(({ name }) => name)).to.deep.equal([
      'ann, deleted_77, deleted_89',
      'Notes',
      'ann, ben_the_builder, dora',
    ]);
    expect(decided('private_as_group').map((line) => [line.conversation, line.members])).to.deep.equal([
      [22, 1],
      [23, 1],
      [24, 3],
    ]);
    const admins = await select(
      'select conversation_id as id, user_id from participants where is_admin and conversation_id in (22, 23, 24, 25, 26) order by 1, 2',
    );
    expect(admins.map(({ id, user_id }) => [id, user_id])).to.deep.equal([
      [22, 1],
      [23, 9],
      [24, 1],
      [25, 9],
      [26, 1],
      [26, 9],
    ]);
    expect(decided('admin_appointed').map((line) => line.conversation)).to.deep.equal([22, 23, 24, 25]);
  });

  it('a name that is too long is kept as a whole in a system message', async () => {
    const { name } = await one('select name from conversations where id = 25');
    expect([...String(name)]).to.have.length(100);
    expect(name).to.match(/…$/);
    const first = await one('select * from messages where conversation_id = 25 and seq = 1');
    expect(first).to.include({ event: 'renamed', content: `The group’s full name: ${LONG_NAME}`, sender_id: 9 });
    expect(await one('select name from conversations where id = 27')).to.deep.equal({ name: 'two lines' });
    expect(await one('select name from conversations where id = 26')).to.deep.equal({ name: 'ann, dora' });
    expect(decided('group_renamed').map((line) => line.before)).to.deep.equal([LONG_NAME, 'two\nlines']);
  });

  it('a text that is too long is split, and the parts are the text again', async () => {
    const parts = await select('select * from messages where conversation_id = 24 and deleted_at is null order by seq');
    expect(parts.map(({ content }) => content).join('')).to.equal(LONG_TEXT);
    for (const { content, edited_at, created_at } of parts) {
      expect([...String(content)].length).to.be.within(1, 4_096);
      expect([edited_at, created_at]).to.deep.equal([at(45).getTime(), at(44).getTime()]);
    }
    expect(parts[0]).to.include({ id: 44 });
    expect(Number(parts[1]?.id)).to.be.above(9_999, 'no id is given twice');
    expect(decided('text_split')).to.deep.equal([{ decision: 'text_split', message: 44, parts: 3 }]);
    expect(await one('select content, deleted_at from messages where id = 45')).to.deep.equal({
      content: '',
      deleted_at: at(45).getTime(),
    });
    expect(JSON.stringify(report)).not.to.include('a secret');
  });

  it('messages of missing senders get accounts that nobody can find or log in to', async () => {
    const { sender_id, username } = await one(
      'select m.sender_id, u.username from messages m join users u on u.id = m.sender_id where m.id = 42',
    );
    expect([sender_id, username]).to.deep.equal([89, 'deleted_89']);
    expect(await one('select sender_id from messages where id = 40')).to.deep.equal({ sender_id: 77 });
    expect(await select('select * from username_pieces where user_id in (77, 89)')).to.deep.equal([]);
    expect(decided('account_created').map((line) => [line.user, line.sender_was_null])).to.deep.equal([
      [77, false],
      [89, true],
    ]);
  });

  it('rows that lead nowhere are in the report', () => {
    expect(decided('message_left_behind').map((line) => [line.message, line.content])).to.deep.equal([
      [47, 'lost'],
      [48, 'text 48'],
    ]);
    expect(decided('member_left_behind').map((line) => [line.conversation, line.user])).to.deep.equal([
      [22, 77],
      [999, 1],
      [27, 88],
    ]);
    expect(decided('members_merged')).to.deep.equal([
      { decision: 'members_merged', conversation: 26, user: 9, copies: 2 },
    ]);
    expect(decided('status_left_behind').map((line) => [line.reason, line.rows])).to.deep.equal([
      ['their message is missing', 1],
      ['their status is neither delivered nor read', 1],
      ['their user is not a member', 1],
    ]);
  });

  it('messages from before the joining are not unread, and times that are missing follow from others', async () => {
    const rows = await rowsOf(database);
    expect(unreadOf(rows, 9).get(28)).to.equal(2); // 55 and 57; 53 and 54 are older
    expect(unreadOf(rows, 7).get(28), 'joined at an unknown time').to.equal(3);
    expect(decided('read_by_joining').map((line) => [line.conversation, line.user, line.messages])).to.deep.equal([
      [28, 9, 1],
    ]);
    const times = await select(
      'select id, created_at, edited_at from messages where conversation_id = 29 order by seq',
    );
    expect(times).to.deep.equal([
      { id: 60, created_at: at(60).getTime(), edited_at: null },
      { id: 61, created_at: at(60).getTime(), edited_at: null },
      { id: 62, created_at: at(62).getTime(), edited_at: at(62).getTime() },
    ]);
    expect(await one('select created_at from conversations where id = 29')).to.deep.equal({
      created_at: at(60).getTime(),
    });
    const replaced = decided('time_replaced').map((line) => [line.column, line.before]);
    expect(replaced).to.deep.equal([
      ['created_at', null],
      ['created_at', null],
      ['joined_at', null],
      ['sent_at', null],
      ['edited_at', odd],
    ]);
  });

  it('what is unknown or left behind is named in the output and in the report', () => {
    for (const remark of [
      'table stickers: unknown, left behind',
      'column users.bio: unknown, left behind',
      'table otp_codes: left behind',
    ]) {
      expect(outcome.stdout).to.include(remark);
      expect(report).to.deep.include({ remark });
    }
    expect(outcome.stdout).to.include('usernames were changed').and.to.include(join(folder, 'decided.jsonl'));
    expect(report.at(-1)).to.include({ done: true, dry_run: false });
    expect(statSync(join(folder, 'decided.jsonl')).mode & 0o077, 'private').to.equal(0);
  });
});
