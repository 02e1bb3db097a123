import { setTimeout as pause } from 'node:timers/promises';
import type { MessageRow } from '../../src/protocol.ts';
import type { Answer, Client, ServerEvent } from '../support/clients.ts';
import type { Person } from '../support/people.ts';
import type { Talk } from './chat.ts';
import { type Seen, seenRow, type View } from './views.ts';

const POLL_EVERY_MS = 25;
const POLL_WITHIN_MS = 5_000;

/** A durable change that a participant is to see: its event and sequence number. */
type Change = { type: string; conversation_id: number; seq: number };

/** A participant of the demo, over one transport. */
export type Participant = Person & {
  readonly over: string;
  /** Calls an operation. @throws the server’s refusal */
  ask(operation: string, input: object): Promise<Answer>;
  /** Waits until the participant has seen another one’s change. */
  sees(change: Change): Promise<void>;
  /** Waits until the participant has seen another one’s receipt. */
  seesReading(conversationId: number, readerId: number): Promise<void>;
  /** The state as derived from received events only. */
  view(talks: readonly Talk[]): View;
};

/** @throws the server’s refusal */
async function granted(answer: Promise<Answer>): Promise<Answer> {
  const given = await answer;
  if (!given.ok) throw new Error(`the server refused: ${given.error.code}`);
  return given;
}

/** A participant with an open socket, who learns from its events and from the answers to its own calls. */
export function live(person: Person, client: Client, over: string): Participant {
  const own: ServerEvent[] = [];
  async function ask(operation: string, input: object): Promise<Answer> {
    const answer = await granted(client.ask(operation, input));
    // the calling socket does not receive its own events of these two
    if (operation === 'message') own.push({ ...answer, type: 'message' });
    if (operation === 'read_receipt') own.push({ ...input, sender_id: person.id, type: 'read_receipt' });
    return answer;
  }
  return {
    ...person,
    over,
    ask,
    sees: async ({ type, ...place }) => void (await client.inbox.next(type, place)),
    seesReading: async (conversation_id, sender_id) =>
      void (await client.inbox.next('read_receipt', { conversation_id, sender_id })),
    view: (talks) => {
      const members = new Map(talks.map((talk) => [talk.conversation_id, talk.members.length]));
      const conversations = fold([...client.inbox.events, ...own], person.id, members);
      return { who: person.username, over, conversations };
    },
  };
}

/** The conversations as the events describe them. Their order is irrelevant, as changes have sequence numbers. */
function fold(events: readonly ServerEvent[], me: number, members: ReadonlyMap<number, number>) {
  const readers = new Map<number, Set<number>>();
  for (const { type, message_ids, sender_id } of events) {
    if (type !== 'read_receipt') continue;
    for (const id of message_ids) readers.set(id, (readers.get(id) ?? new Set<number>()).add(sender_id));
  }
  const isRead = ({ message_id, sender_id, conversation_id }: ServerEvent): boolean => {
    const by = readers.get(message_id) ?? new Set();
    return sender_id === me ? by.size + 1 === members.get(conversation_id) : by.has(me);
  };
  const changes = events.filter(({ type }) => type === 'edited_message' || type === 'deleted_message');
  const messages = events.filter(({ type }) => type === 'message' || type === 'system_message');
  const perConversation = Map.groupBy(messages, ({ conversation_id }) => conversation_id as number);
  return new Map(
    [...perConversation].map(([id, events]) => [
      id,
      inOrder(events.map((each) => seenEvent(each, changes, isRead(each)))),
    ]),
  );
}

function seenEvent(message: ServerEvent, changes: readonly ServerEvent[], read: boolean): Seen {
  const later = changes.filter(({ message_id }) => message_id === message.message_id).toSorted((a, b) => a.seq - b.seq);
  const edit = later.findLast(({ type }) => type === 'edited_message');
  const deleted = later.some(({ type }) => type === 'deleted_message');
  const system = message.type === 'system_message';
  const content = deleted ? '' : (edit?.content ?? message.content);
  const { seq, sender_username: sender } = message;
  return { seq, sender, content, system, edited: edit !== undefined, deleted, read: system || deleted ? null : read };
}

const inOrder = (messages: readonly Seen[]) => messages.toSorted((a, b) => a.seq - b.seq);

type Span = readonly [from: number, to: number];
type Known = { seq: number; rows: Map<number, MessageRow>; read: readonly Span[]; othersRead: readonly Span[] };

/** A participant without a socket, who polls `GET /api/sync` for changes. */
export function polling(person: Person): Participant {
  const known = new Map<number, Known>();
  const seqOf = (id: number) => known.get(id)?.seq ?? 0;

  async function poll(): Promise<void> {
    const conversations = Object.fromEntries([...known].map(([id, { seq }]) => [id, seq]));
    const answer = await granted(person.rest.ask('sync', { conversations }));
    for (const [id, changes] of Object.entries<Record<string, never>>(answer.conversations)) {
      const rows = known.get(Number(id))?.rows ?? new Map<number, MessageRow>();
      const { seq, messages, read, others_read: othersRead } = changes as unknown as SyncChanges;
      for (const row of messages) rows.set(row.id, row);
      known.set(Number(id), { seq, rows, read, othersRead });
    }
    if (answer.has_more) await poll();
  }

  async function pollUntil(done: () => boolean): Promise<void> {
    for (const end = Date.now() + POLL_WITHIN_MS; !done(); await pause(POLL_EVERY_MS)) {
      if (Date.now() > end) throw new Error(`${person.username} polled for ${POLL_WITHIN_MS} ms and saw no change`);
      await poll();
    }
  }

  return {
    ...person,
    over: 'REST',
    ask: (operation, input) => granted(person.rest.ask(operation, input)),
    sees: ({ conversation_id, seq }) => pollUntil(() => seqOf(conversation_id) >= seq),
    // every answer contains the complete read state
    seesReading: () => poll(),
    view: () => ({ who: person.username, over: 'REST', conversations: synced(known, person.id) }),
  };
}

type SyncChanges = { seq: number; messages: MessageRow[]; read: Span[]; others_read: Span[] };

function synced(known: ReadonlyMap<number, Known>, me: number) {
  return new Map(
    [...known].map(([id, { rows, read, othersRead }]) => {
      const isRead = ({ sender_id, seq }: MessageRow) =>
        (sender_id === me ? othersRead : read).some(([from, to]) => from <= seq && seq <= to);
      return [id, inOrder([...rows.values()].map((row) => seenRow(row, isRead(row))))] as const;
    }),
  );
}
