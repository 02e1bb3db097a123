import { expect } from 'chai';
import type { MessageRow } from '../../src/protocol.ts';
import { type DatabaseKind, onEachDatabase, startApp, type TestApp } from '../support/app.ts';
import type { Answer, Client } from '../support/clients.ts';
import type { Person } from '../support/people.ts';

export const TRANSPORTS = ['rest', 'socketio', 'raw'] as const;
export const SOCKETS = ['socketio', 'raw'] as const;
export type Transport = (typeof TRANSPORTS)[number];
export const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** Runs the same tests on both databases, each with its own server for all of them. */
export function onEachServer(
  title: string,
  tests: (app: () => TestApp, kind: DatabaseKind) => void,
  env: Record<string, string> = {},
): void {
  onEachDatabase(title, (kind) => {
    let app: TestApp;
    before(async () => {
      app = await startApp(kind, env);
    });
    after(() => app.stop());
    tests(() => app, kind);
  });
}

/** Checks that an answer is a success, and returns it. */
export function accepted(answer: Answer): Answer {
  expect(answer.ok, JSON.stringify(answer)).to.equal(true);
  return answer;
}

/** Checks that an answer is a refusal with this code and nothing else, and over HTTP has this status. */
export function refused(answer: Answer, status: number, code: string): Answer['error'] {
  expect(answer.error?.code, JSON.stringify(answer)).to.equal(code);
  expect(answer).to.have.all.keys('ok', 'error', ...('status' in answer ? ['status'] : []));
  expect(answer.ok).to.equal(false);
  if ('status' in answer) expect(answer.status).to.equal(status);
  expect(answer.error.message).to.match(
    code === 'invalid_input' ? /^\w+(\[\d+\])? .*\.$|^The input .*\.$/ : /^[A-Z].*\.$/,
  );
  return answer.error;
}

/** The id of the private conversation of two people. */
export async function privateOf(one: Person, other: Person): Promise<number> {
  return accepted(await one.rest.ask('open_private_conversation', { other_user_id: other.id })).conversation_id;
}

/** The id of a new group of these users; the first is its creator. */
export async function groupOf(creator: Person, ...members: Person[]): Promise<number> {
  const member_ids = members.map(({ id }) => id);
  return accepted(await creator.rest.ask('create_group', { name: 'Study Group', member_ids })).conversation_id;
}

/** Sends a message and returns its acknowledgement. */
export async function send(
  by: Person | Client,
  conversation_id: number,
  content = 'Hello!',
  more: object = {},
): Promise<Answer> {
  const client = 'rest' in by ? by.rest : by;
  return accepted(await client.ask('message', { conversation_id, content, ...more }));
}

export type Clients = Readonly<Record<Transport, Client>>;

/** A client of a user on each transport. */
export async function clientsOf(person: Person): Promise<Clients> {
  return { rest: person.rest, socketio: await person.socketio(), raw: await person.raw() };
}

/** A page of the history of a user, newest first. */
export async function historyOf(reader: Person, conversation_id: number, page: object = {}): Promise<MessageRow[]> {
  return accepted(await reader.rest.ask('list_messages', { conversation_id, ...page })).messages;
}

/** The members of a group and whether they are admins, the longest membership first. */
export async function membersOf(conversation_id: number, seenBy: Person): Promise<[number, boolean][]> {
  const { participants } = accepted(await seenBy.rest.ask('list_participants', { conversation_id }));
  return participants.map(({ id, is_admin }: Answer) => [id, is_admin]);
}

/** The summary of a conversation in the list of a user. */
export async function summaryFor(person: Person, conversation_id: number): Promise<Answer> {
  const { conversations } = accepted(await person.rest.ask('list_conversations'));
  const found = conversations.find((each: Answer) => each.conversation_id === conversation_id);
  expect(found, `conversation ${conversation_id} in the list`).to.be.an('object');
  return found;
}

type Call = {
  body?: unknown;
  text?: string;
  token?: string | undefined;
  cookie?: string;
  headers?: Record<string, string>;
};

/** Plain HTTP without a client library, as in the documentation. */
export async function http(app: TestApp, route: string, { body, text, token, cookie, headers }: Call = {}) {
  const [method, path] = route.split(' ') as [string, string];
  const response = await fetch(`${app.url}${path}`, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(cookie !== undefined && { cookie }),
      ...((body !== undefined || text !== undefined) && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...((body !== undefined || text !== undefined) && { body: text ?? JSON.stringify(body) }),
  });
  const received = await response.text();
  const json: Answer = received === '' ? {} : JSON.parse(received);
  return { status: response.status, headers: response.headers, body: json };
}
