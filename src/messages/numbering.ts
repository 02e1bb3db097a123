import type { Batch, LockedConversation } from '../conversations/batch.ts';
import type { Participation } from '../conversations/participation.ts';
import { ChatError } from '../errors.ts';
import type { StoredMessage } from './message-rows.ts';

export type Send = {
  senderId: number;
  conversationId: number;
  content: string;
  clientMessageId: string | null;
  connection: string | undefined;
};
/** Per send: the message it made, the earlier one that it repeats, or why it was refused. */
export type Sent = { made: StoredMessage } | { repeated: StoredMessage } | { refused: ChatError };

export const keyOf = (senderId: number, clientMessageId: string) => `${senderId}:${clientMessageId}`;

/** The same text in the same conversation; of one that was changed since, the first text is not there any more to compare. */
const isRepetition = ({ conversationId, content }: Send, { editedAt, deletedAt, ...first }: StoredMessage) =>
  conversationId === first.conversationId && (content === first.content || editedAt !== null || deletedAt !== null);

/** A sender's own messages of a batch, in one conversation. */
export type OwnMessages = {
  readonly sender: Participation;
  /** How many messages of users the conversation had before them. */
  readonly countBefore: number;
  count: number;
  /** The number of the last one that no message of somebody else comes before. */
  lastOfFirstRun: number;
};

/** Gives the sends of a batch their numbers, in their order. */
export class Numbering {
  /** What is to be inserted; each gets its id by that. */
  readonly rows: StoredMessage[] = [];
  readonly #batch: Batch;
  readonly #known: Map<string, StoredMessage>;
  readonly #own = new Map<Participation, OwnMessages>();

  /** @param known messages that were sent before, by sender and client id */
  constructor(batch: Batch, known: ReadonlyMap<string, StoredMessage>) {
    this.#batch = batch;
    this.#known = new Map(known);
  }

  get own(): OwnMessages[] {
    return [...this.#own.values()];
  }

  /** What becomes of a send. */
  number(send: Send, sender: Participation | undefined): Sent {
    const key = send.clientMessageId === null ? undefined : keyOf(send.senderId, send.clientMessageId);
    const repeated = key === undefined ? undefined : this.#known.get(key);
    if (repeated !== undefined) {
      return isRepetition(send, repeated) ? { repeated } : { refused: new ChatError('client_message_id_reused') };
    }
    const conversation = this.#batch.conversation(send.conversationId);
    if (conversation === undefined || sender === undefined) return { refused: new ChatError('not_participant') };
    const made = this.#append(send, sender, conversation);
    if (key !== undefined) this.#known.set(key, made);
    return { made };
  }

  #append(send: Send, sender: Participation, conversation: LockedConversation): StoredMessage {
    const seq = this.#batch.nextSeq(conversation);
    this.#countOwn(sender, conversation.messageCount, seq);
    conversation.messageCount += 1;
    conversation.lastMessageSeq = seq;
    conversation.activityAt = this.#batch.now;
    const row = {
      id: 0,
      conversationId: send.conversationId,
      senderId: send.senderId,
      senderUsername: sender.username,
      seq,
      changedSeq: seq,
      content: send.content,
      clientMessageId: send.clientMessageId,
      createdAt: this.#batch.now,
      editedAt: null,
      deletedAt: null,
      event: null,
      subjectId: null,
    };
    this.rows.push(row);
    return row;
  }

  #countOwn(sender: Participation, countBefore: number, seq: number): void {
    const own = this.#own.get(sender) ?? { sender, count: 0, countBefore, lastOfFirstRun: seq };
    if (own.countBefore + own.count === countBefore) own.lastOfFirstRun = seq;
    own.count += 1;
    this.#own.set(sender, own);
  }
}
