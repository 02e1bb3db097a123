import type { Person } from '../support/people.ts';

export type World = { alice: Person; bob: Person; group: number; message: number };
/** Fields that an operation needs, and what is wrong in place of one of them. */
type Row = {
  good(world: World): Record<string, unknown>;
  bad: Record<string, readonly unknown[]>;
  /** What a URL cannot tell apart from what is right. */
  badOnSockets?: Record<string, readonly unknown[]>;
};

const missing = undefined;
const TOO_LARGE = 2 ** 53;
const NO_ID = [0, -1, 1.5, TOO_LARGE, 1e300, 'abc', '1 ', true];
const NO_ID_IN_JSON = [missing, null, '1', [1], {}, ...NO_ID];
/** In place of what may be left out: there, null is as good as nothing. */
const NO_TEXT = [5, true, ['a'], {}];
const NO_TEXT_IN_JSON = [null, ...NO_TEXT];
const ILL_FORMED = ['a\0b', 'a\ud800', '\udc00a'];
const NO_CONTENT = [missing, '', ' ', ' \n\t ', '\u00a0\u2003', 'x'.repeat(4097), ...ILL_FORMED, ...NO_TEXT_IN_JSON];
const NO_NAME = [missing, '', ' ', '\u3164', 'a\nb', 'a\u202Eb', 'x'.repeat(101), ...ILL_FORMED, ...NO_TEXT_IN_JSON];
const REQUESTS = ['', 'x'.repeat(65), ...ILL_FORMED, ...NO_TEXT];
const many = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

const USERNAMES = ['', 'ab', 'x'.repeat(33), 'a b', 'a@b', 'ünïcode', 'aaa\n', ' abc', ...ILL_FORMED, ...NO_TEXT];
const PASSWORDS = [
  missing,
  '',
  '1234567',
  'password',
  'x'.repeat(73),
  'é'.repeat(37),
  ...ILL_FORMED,
  ...NO_TEXT_IN_JSON,
];
const EMAILS = [
  missing,
  '',
  'a',
  'a@b',
  '@b.example',
  'a b@c.example',
  'a@b..example',
  'a@b.example\n',
  'a\0@b.example',
];
const PICTURES = ['x', 'ftp://a.example/', 'javascript:alert(1)', 'http://', 'https://a b.example/', '//a.example/'];
const account = () => ({ username: 'newcomer', email: 'newcomer@example.com', password: 'StrongPassword123' });
const accountBad = {
  username: [missing, null, ...USERNAMES],
  email: [...EMAILS, ...NO_TEXT_IN_JSON],
  password: PASSWORDS,
};
const inGroup = ({ group }: World) => ({ conversation_id: group });
const aMessage = ({ message }: World) => ({ message_id: message });

/** What is no input, for every field of every operation. */
export const BAD_INPUTS: Record<string, Row> = {
  signup_initiate: { good: account, bad: { ...accountBad, request_id: REQUESTS } },
  signup_verify: {
    good: () => ({ ...account(), otp: '000000' }),
    bad: { ...accountBad, otp: [missing, ...NO_TEXT_IN_JSON], request_id: REQUESTS },
  },
  login: {
    good: account,
    bad: {
      username: [missing, '', ...ILL_FORMED, ...NO_TEXT_IN_JSON],
      password: [missing, '', ...ILL_FORMED, ...NO_TEXT_IN_JSON],
    },
  },
  forgot_initiate: { good: account, bad: { email: accountBad.email, request_id: REQUESTS } },
  forgot_reset: {
    good: () => ({ email: 'a@b.example', otp: '000000', new_password: 'StrongPassword123' }),
    bad: { email: accountBad.email, otp: [missing, ...NO_TEXT_IN_JSON], new_password: PASSWORDS, request_id: REQUESTS },
  },
  update_me: {
    good: () => ({}),
    bad: {
      username: USERNAMES,
      profile_picture: [...PICTURES, `https://a.example/${'x'.repeat(2048)}`, ...NO_TEXT],
    },
  },
  search_users: {
    good: () => ({}),
    bad: { q: ['', 'x'.repeat(65), 'a\0b'] },
    badOnSockets: { q: [missing, ...ILL_FORMED, ...NO_TEXT_IN_JSON] },
  },
  last_seen: { good: () => ({}), bad: { user_id: NO_ID }, badOnSockets: { user_id: NO_ID_IN_JSON } },
  list_conversations: {
    good: () => ({}),
    bad: {
      limit: [0, -1, 1.5, 'abc', TOO_LARGE],
      cursor: ['abc', '1-', '-1-1', `${'9'.repeat(16)}-1`, 'x'.repeat(65), 'a\0b'],
    },
    badOnSockets: { limit: ['1', []], cursor: NO_TEXT },
  },
  open_private_conversation: { good: () => ({}), bad: { other_user_id: NO_ID_IN_JSON } },
  create_group: {
    good: ({ bob }) => ({ name: 'Chess', member_ids: [bob.id] }),
    bad: { name: NO_NAME, member_ids: [missing, null, 'abc', 5, {}, ...NO_ID_IN_JSON.map((each) => [each])] },
  },
  rename_conversation: {
    good: (world) => ({ ...inGroup(world), name: 'Chess' }),
    bad: { conversation_id: NO_ID, name: NO_NAME },
    badOnSockets: { conversation_id: NO_ID_IN_JSON },
  },
  list_participants: {
    good: inGroup,
    bad: {
      conversation_id: NO_ID,
      limit: [0, -1, 1.5, 'abc', TOO_LARGE],
      cursor: ['abc', '1-', '-1-1', `${'9'.repeat(16)}-1`, 'x'.repeat(65), 'a\0b'],
    },
    badOnSockets: { conversation_id: NO_ID_IN_JSON, limit: ['1', []], cursor: NO_TEXT },
  },
  add_participant: {
    good: (world) => ({ ...inGroup(world), user_id: world.bob.id }),
    bad: { conversation_id: NO_ID, user_id: NO_ID_IN_JSON },
    badOnSockets: { conversation_id: NO_ID_IN_JSON },
  },
  remove_participant: {
    good: (world) => ({ ...inGroup(world), user_id: world.bob.id }),
    bad: { conversation_id: NO_ID, user_id: NO_ID },
    badOnSockets: { conversation_id: NO_ID_IN_JSON, user_id: NO_ID_IN_JSON },
  },
  list_messages: {
    good: inGroup,
    bad: {
      conversation_id: NO_ID,
      limit: [0, -1, 1.5, 'abc', TOO_LARGE],
      offset: [-1, 1.5, 'abc', TOO_LARGE],
      before: NO_ID,
      after: NO_ID,
    },
    badOnSockets: {
      conversation_id: NO_ID_IN_JSON,
      limit: ['1'],
      offset: ['0'],
      before: ['1'],
      after: ['1'],
    },
  },
  message: {
    good: (world) => ({ ...inGroup(world), content: 'Hello!' }),
    bad: {
      conversation_id: NO_ID_IN_JSON,
      content: NO_CONTENT,
      client_message_id: ['', 'x'.repeat(65), ...ILL_FORMED, ...NO_TEXT],
    },
  },
  read_receipt: {
    good: () => ({}),
    bad: { message_ids: [missing, null, [], 'abc', 5, {}, many(1001), ...NO_ID_IN_JSON.map((each) => [1, each])] },
  },
  edit_message: {
    good: (world) => ({ ...aMessage(world), content: 'Better' }),
    bad: { message_id: NO_ID, content: NO_CONTENT },
    badOnSockets: { message_id: NO_ID_IN_JSON },
  },
  delete_message: { good: aMessage, bad: { message_id: NO_ID }, badOnSockets: { message_id: NO_ID_IN_JSON } },
  delivered: {
    good: (world) => ({ ...inGroup(world), seq: 1 }),
    bad: { conversation_id: NO_ID_IN_JSON, seq: [missing, null, -1, 1.5, '1', TOO_LARGE, true] },
  },
  sync: {
    good: () => ({}),
    bad: {
      only_named: ['perhaps', 1, [true]],
      conversations: [
        'abc',
        5,
        [],
        { a: 1 },
        { 0: 1 },
        { 1: -1 },
        { 1: 1.5 },
        { 1: '1' },
        { 1: TOO_LARGE },
        { '-1': 1 },
      ],
      limit: [0, -1, 1.5, 'abc', TOO_LARGE],
    },
    badOnSockets: { conversations: [true], limit: ['1'] },
  },
  typing_start: { good: () => ({}), bad: { conversation_id: NO_ID_IN_JSON } },
  typing_stop: { good: () => ({}), bad: { conversation_id: NO_ID_IN_JSON } },
};
