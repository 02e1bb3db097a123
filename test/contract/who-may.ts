import type { Person } from '../support/people.ts';

/** A group of the admin's; `other` is in it, `outsider` is not, and the callers are what they are called. */
export type World = Record<'stranger' | 'removed' | 'member' | 'admin' | 'other' | 'outsider', Person> & {
  group: number;
  othersMessage: number;
  adminsMessage: number;
};
export type Caller = 'anonymous' | 'stranger' | 'removed' | 'member' | 'admin';
/** What each caller gets: `ok` or the code of the refusal. */
type Row = { operation: string; input(world: World): object; may: Record<Caller, string> };

const everybody = (outcome: string) => outcomes(outcome, outcome, outcome, outcome, outcome);
const everyUser = (outcome: string) => outcomes('unauthenticated', outcome, outcome, outcome, outcome);
/** In a conversation: nobody from outside, a member to some extent, its admin likewise. */
const inside = (member: string, admin: string) =>
  outcomes('unauthenticated', 'not_participant', 'not_participant', member, admin);
function outcomes(anonymous: string, stranger: string, removed: string, member: string, admin: string) {
  return { anonymous, stranger, removed, member, admin };
}

const nothing = () => ({});
const inGroup = ({ group }: World) => ({ conversation_id: group });
const onOther = (world: World) => ({ ...inGroup(world), user_id: world.other.id });
const othersMessage = ({ othersMessage: message_id }: World) => ({ message_id });
const adminsMessage = ({ adminsMessage: message_id }: World) => ({ message_id });
const account = { email: 'newcomer@example.com', password: 'StrongPassword123' };

/** In the order in which each caller tries them; who gets `ok` changes what is there for what follows. */
export const MAY: Row[] = [
  { operation: 'signup_initiate', input: () => ({ ...account, username: 'newcomer' }), may: everybody('ok') },
  {
    operation: 'signup_verify',
    input: () => ({ ...account, username: 'newcomer', otp: '000' }),
    may: everybody('invalid_otp'),
  },
  { operation: 'login', input: ({ other }) => other, may: everybody('ok') },
  { operation: 'forgot_initiate', input: () => account, may: everybody('ok') },
  {
    operation: 'forgot_reset',
    input: ({ other: { email } }) => ({ email, otp: '000', new_password: 'another one' }),
    may: everybody('invalid_otp'),
  },
  { operation: 'ws_ticket', input: nothing, may: everyUser('ok') },
  { operation: 'me', input: nothing, may: everyUser('ok') },
  { operation: 'update_me', input: () => ({ profile_picture: 'https://a.example' }), may: everyUser('ok') },
  { operation: 'search_users', input: () => ({ q: 'other' }), may: everyUser('ok') },
  { operation: 'last_seen', input: ({ other }) => ({ user_id: other.id }), may: everyUser('ok') },
  { operation: 'list_conversations', input: nothing, may: everyUser('ok') },
  {
    operation: 'open_private_conversation',
    input: ({ other }) => ({ other_user_id: other.id }),
    may: everyUser('ok'),
  },
  { operation: 'create_group', input: ({ other }) => ({ name: 'New', member_ids: [other.id] }), may: everyUser('ok') },
  { operation: 'sync', input: ({ group }) => ({ conversations: { [group]: 0 } }), may: everyUser('ok') },
  { operation: 'list_participants', input: inGroup, may: inside('ok', 'ok') },
  { operation: 'list_messages', input: inGroup, may: inside('ok', 'ok') },
  { operation: 'delivered', input: (world) => ({ ...inGroup(world), seq: 1 }), may: inside('ok', 'ok') },
  { operation: 'typing_start', input: inGroup, may: inside('ok', 'ok') },
  { operation: 'typing_stop', input: inGroup, may: inside('ok', 'ok') },
  { operation: 'message', input: (world) => ({ ...inGroup(world), content: 'Hi!' }), may: inside('ok', 'ok') },
  {
    operation: 'read_receipt',
    input: (world) => ({ message_ids: [world.othersMessage, world.adminsMessage] }),
    may: inside('ok', 'ok'),
  },
  {
    operation: 'edit_message',
    input: (world) => ({ ...othersMessage(world), content: 'Hacked' }),
    may: inside('not_sender', 'not_sender'),
  },
  {
    operation: 'edit_message',
    input: (world) => ({ ...adminsMessage(world), content: 'Better' }),
    may: inside('not_sender', 'ok'),
  },
  { operation: 'delete_message', input: othersMessage, may: inside('not_sender', 'ok') },
  { operation: 'delete_message', input: adminsMessage, may: inside('not_sender', 'ok') },
  {
    operation: 'rename_conversation',
    input: (world) => ({ ...inGroup(world), name: 'Hacked' }),
    may: inside('not_admin', 'ok'),
  },
  {
    operation: 'add_participant',
    input: (world) => ({ ...inGroup(world), user_id: world.outsider.id }),
    may: inside('not_admin', 'ok'),
  },
  { operation: 'add_participant', input: onOther, may: inside('not_admin', 'ok') },
  { operation: 'remove_participant', input: onOther, may: inside('not_admin', 'ok') },
  { operation: 'logout', input: nothing, may: { ...everyUser('ok'), anonymous: 'ok' } },
];
