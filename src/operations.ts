import { changePassword } from './accounts/change-password.ts';
import { initiateReset, resetPassword } from './accounts/forgot.ts';
import { createTicket, login, logout } from './accounts/login.ts';
import { lastSeen, me, updateMe } from './accounts/profile.ts';
import { renewSession } from './accounts/renew.ts';
import { searchUsers } from './accounts/search.ts';
import { initiateSignup, verifySignup } from './accounts/signup.ts';
import { createGroup, openPrivateConversation } from './conversations/create.ts';
import { listConversations } from './conversations/list.ts';
import { listParticipants } from './conversations/list-participants.ts';
import { addParticipant, removeParticipant, renameConversation } from './conversations/participants.ts';
import { delivered } from './messages/delivered.ts';
import { deleteMessage, editMessage } from './messages/edit.ts';
import { listMessages } from './messages/list.ts';
import { markRead } from './messages/mark-read.ts';
import { sendMessage } from './messages/send.ts';
import { sync } from './messages/sync.ts';
import type { Operation } from './operation/operation.ts';
import { startTyping, stopTyping } from './presence/typing-operations.ts';
import type { OperationName } from './protocol.ts';

type Sections = Readonly<Record<string, { readonly about: string; readonly operations: readonly Operation[] }>>;

const table = {
  Accounts: {
    about: 'Sign-up, login and logout, forgotten passwords, profiles, and user search.',
    operations: [
      ...[initiateSignup, verifySignup, login, initiateReset, resetPassword, logout, renewSession, createTicket],
      ...[me, updateMe, changePassword, searchUsers, lastSeen],
    ],
  },
  Conversations: {
    about: 'Private conversations of two users, and groups: creating and listing them, their names and members.',
    operations: [
      ...[listConversations, openPrivateConversation, createGroup, renameConversation],
      ...[listParticipants, addParticipant, removeParticipant],
    ],
  },
  Messages: {
    about: 'Sending, editing, deleting and listing messages, receipts, typing, and synchronization.',
    operations: [
      ...[listMessages, sendMessage, markRead, editMessage, deleteMessage, delivered, sync],
      ...[startTyping, stopTyping],
    ],
  },
} satisfies Sections;

type Listed = (typeof table)[keyof typeof table]['operations'][number]['name'];
/** Rejects, at compile time, a table without one of the operations of `protocol.ts`. */
type Complete = [Exclude<OperationName, Listed>] extends [never]
  ? Sections
  : { missing: Exclude<OperationName, Listed> };

/** The operations by their section of the API documents. */
export const sections: Complete & Sections = table;

/** Every operation by its name. */
export type OperationTable = Readonly<Record<OperationName, Operation>>;
export const operations = Object.fromEntries(
  Object.values(sections).flatMap((section) => section.operations.map((each) => [each.name, each])),
) as OperationTable;

/** @param name as sent by a client */
export const operationNamed = (name: string, table: OperationTable = operations): Operation | undefined =>
  Object.hasOwn(table, name) ? table[name as OperationName] : undefined;
