import { deepStrictEqual } from 'node:assert/strict';
import type { Client } from '../support/clients.ts';
import type { Person } from '../support/people.ts';
import { ReferenceClient } from '../support/reference-client.ts';
import type { Replica, Row } from '../support/replica.ts';

const PAGE = 50;

/** The state that a new client fetches over REST. */
async function fetchAll({ rest }: Person, withStatus: boolean) {
  const { conversations } = await rest.ask('list_conversations');
  const all = new Map<number, object>();
  for (const { conversation_id, name, last_seq, unread_count } of conversations) {
    const { participants } = await rest.ask('list_participants', { conversation_id });
    const members = participants.map(({ id, is_admin }: { id: number; is_admin: boolean }) => [id, is_admin]);
    const rows = await history(rest, conversation_id);
    const messages = withStatus ? rows : rows.map(without);
    all.set(conversation_id, { name, seq: last_seq, unread: unread_count, members: members.sort(byId), messages });
  }
  return all;
}

async function history(rest: Client, conversation_id: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (;;) {
    const { messages } = await rest.ask('list_messages', { conversation_id, limit: PAGE, offset: rows.length });
    rows.push(...messages);
    if (messages.length < PAGE) return rows;
  }
}

/** The same of the state of a client. */
const kept = (replica: Replica, withStatus: boolean) => ({
  name: replica.name,
  seq: replica.seq,
  unread: replica.unread,
  members: [...replica.members].sort(byId),
  messages: [...replica.messages.values()]
    .sort((a, b) => b.seq - a.seq)
    .map((row) => (withStatus ? { ...row, status: replica.status(row) } : without(row))),
});

/** Checks that a client has exactly what a new client fetches. Statuses of own messages come only with `sync`, not live. */
export async function expectSame(client: ReferenceClient, person: Person, withStatus: boolean): Promise<void> {
  const fresh = await fetchAll(person, withStatus);
  const own = [...client.conversations].map(([id, replica]) => [id, kept(replica, withStatus)] as const);
  // its message contains the difference, also if the error is the cause of another
  deepStrictEqual(Object.fromEntries(own), Object.fromEntries(fresh));
}

const without = ({ status: _, ...row }: Row) => row;
const byId = ([a]: readonly [number, ...unknown[]], [b]: readonly [number, ...unknown[]]) => a - b;

/** A person's reference client, which calls over its own connection, and over REST while it is disconnected. */
export class Follower implements Pick<Client, 'ask'> {
  readonly person: Person;
  readonly client: ReferenceClient;
  readonly #transport: 'socketio' | 'raw';
  #keepsLine = true;

  constructor(url: string, person: Person, transport: 'socketio' | 'raw', limit: number) {
    this.person = person;
    this.client = new ReferenceClient(url, person, limit);
    this.#transport = transport;
  }

  ask(name: string, input?: object) {
    const overLine = this.#keepsLine && this.client.isOnline;
    return overLine ? this.client.ask(name, input) : this.person.rest.ask(name, input);
  }

  connect = () => this.client.connect(this.#transport);

  /** Disconnects or reconnects while others go on. Calls in the meantime have to use REST. */
  async toggle(): Promise<void> {
    if (this.client.isOnline) this.client.disconnect();
    else await this.connect();
  }

  begin(toggles: boolean): void {
    this.#keepsLine = !toggles;
  }
}
