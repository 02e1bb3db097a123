import { initiateReset, resetPassword } from './accounts/forgot.ts';
import { createTicket, login, logout } from './accounts/login.ts';
import { lastSeen, me, updateMe } from './accounts/profile.ts';
import { searchUsers } from './accounts/search.ts';
import { initiateSignup, verifySignup } from './accounts/signup.ts';
import { createGroup, openPrivateConversation } from './conversations/create.ts';
import { listConversations } from './conversations/list.ts';
import { listParticipants } from './conversations/list-participants.ts';
import { addParticipant, removeParticipant, renameConversation } from './conversations/participants.ts';
import { delivered } from './messages/delivered.ts';
import { deleteMessage, editMessage } from './messages/edit.ts';
import { listMessages } from './messages/list.ts';
import { markRead } from './messages/read.ts';
import { sendMessage } from './messages/send.ts';
import { sync } from './messages/sync.ts';
import type { Operation } from './operation.ts';
import { startTyping, stopTyping } from './presence/typing.ts';
import type { InputOf, OperationName } from './protocol.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type Route = `${Method} /api/${string}`;
type Entry<Input = never> = {
  operation: Operation<Input>;
  /** Where it is found over HTTP; path parameters are named after the input's fields. */
  http?: Route;
  /** The namespaces whose clients may ask for it by its name. */
  sockets: readonly ('/chat' | '/presence')[];
};

const restOnly = <Input>(http: Route, operation: Operation<Input>): Entry<Input> => ({ operation, http, sockets: [] });
const everywhere = <Input>(http: Route, operation: Operation<Input>): Entry<Input> => ({
  operation,
  http,
  sockets: ['/chat'],
});
const typing = <Input>(operation: Operation<Input>): Entry<Input> => ({ operation, sockets: ['/chat', '/presence'] });

/** Each has to take what `protocol.ts` says that clients may send. */
type Table = { readonly [Name in OperationName]: Entry<InputOf<Name>> };

const table = {
  signup_initiate: restOnly('POST /api/signup/initiate', initiateSignup),
  signup_verify: restOnly('POST /api/signup/verify', verifySignup),
  login: restOnly('POST /api/login', login),
  forgot_initiate: restOnly('POST /api/forgot/initiate', initiateReset),
  forgot_reset: restOnly('POST /api/forgot/reset', resetPassword),
  logout: everywhere('POST /api/logout', logout),
  ws_ticket: everywhere('POST /api/ws/ticket', createTicket),

  me: everywhere('GET /api/me', me),
  update_me: everywhere('PUT /api/me', updateMe),
  search_users: everywhere('GET /api/users/search', searchUsers),
  last_seen: everywhere('GET /api/users/:user_id/last-seen', lastSeen),

  list_conversations: everywhere('GET /api/conversations', listConversations),
  open_private_conversation: everywhere('POST /api/conversations/private', openPrivateConversation),
  create_group: everywhere('POST /api/conversations/group', createGroup),
  rename_conversation: everywhere('PATCH /api/conversations/:conversation_id', renameConversation),
  list_participants: everywhere('GET /api/conversations/:conversation_id/participants', listParticipants),
  add_participant: everywhere('POST /api/conversations/:conversation_id/participants', addParticipant),
  remove_participant: everywhere('DELETE /api/conversations/:conversation_id/participants/:user_id', removeParticipant),

  list_messages: everywhere('GET /api/conversations/:conversation_id/messages', listMessages),
  message: everywhere('POST /api/messages', sendMessage),
  read_receipt: everywhere('POST /api/messages/read', markRead),
  edit_message: everywhere('PATCH /api/messages/:message_id', editMessage),
  delete_message: everywhere('DELETE /api/messages/:message_id', deleteMessage),
  delivered: everywhere('POST /api/messages/delivered', delivered),
  sync: everywhere('GET /api/sync', sync),

  typing_start: typing(startTyping),
  typing_stop: typing(stopTyping),
} satisfies Table;

/** Every operation: its name on sockets, and its place in the REST API. */
export const operations: Readonly<Record<string, Entry>> = table;
