import type { Participation } from '../conversations/participation.ts';
import { ChatError } from '../operation/errors.ts';
import type { Call } from '../operation/operation.ts';
import type { Batch, LockedConversation } from '../writer/batch.ts';
import type { StoredMessage } from './message-presenter.ts';

export type Send = Call<{ conversation_id: number; content: string; client_message_id?: string | undefined }>;
/** The new message of a send with its conversation, or the earlier message that the send repeats. */
export type Sent = { readonly message: StoredMessage; readonly conversation?: LockedConversation };

export const clientIdKey = (senderId: number, clientMessageId: string) => `${senderId}:${clientMessageId}`;

/** Whether text and conversation are the same. The original text of an edited or deleted message is unknown: it is not compared. */
const isRepetition = ({ input }: Send, first: StoredMessage) =>
  input.conversation_id === first.conversationId &&
  (input.content === first.content || first.editedAt !== null || first.deletedAt !== null);

/** The messages of one sender in one conversation of a batch. */
export type OwnMessages = {
  readonly sender: Participation;
  /** The number of user messages in the conversation before them. */
  readonly countBefore: number;
  count: number;
  /** The `seq` of the last one before the first message of another sender. */
  lastOfFirstRun: number;
};

/** Assigns sequence numbers to the sends of a batch, in order. */
export class SeqAssigner {
  /** The messages to insert. Their ids are set by the insert. */
  readonly rows: StoredMessage[] = [];
  readonly #batch: Batch;
  readonly #known: Map<string, StoredMessage>;
  readonly #own = new Map<Participation, OwnMessages>();

  /** @param known earlier messages with the same `client_message_id`s, by `clientIdKey` */
  constructor(batch: Batch, known: ReadonlyMap<string, StoredMessage>) {
    this.#batch = batch;
    this.#known = new Map(known);
  }

  get own(): OwnMessages[] {
    return [...this.#own.values()];
  }

  /** @returns the new or the repeated message, or the error that refuses the send */
  assign(send: Send, sender: Participation | undefined): Sent | ChatError {
    const { conversation_id: conversationId, client_message_id: clientId } = send.input;
    const key = clientId === undefined ? undefined : clientIdKey(send.caller.userId, clientId);
    const earlier = key === undefined ? undefined : this.#known.get(key);
    if (earlier !== undefined)
      return isRepetition(send, earlier) ? { message: earlier } : new ChatError('client_message_id_reused');
    const conversation = this.#batch.conversation(conversationId);
    if (conversation === undefined || sender === undefined) return new ChatError('not_participant');
    const message = this.#append(send, sender, conversation);
    if (key !== undefined) this.#known.set(key, message);
    return { message, conversation };
  }

  #append({ input, caller }: Send, sender: Participation, conversation: LockedConversation): StoredMessage {
    const seq = this.#batch.nextSeq(conversation);
    this.#countOwn(sender, conversation.messageCount, seq);
    conversation.messageCount += 1;
    conversation.lastMessageSeq = seq;
    conversation.activityAt = this.#batch.now;
    const row = {
      id: 0,
      conversationId: conversation.id,
      senderId: caller.userId,
      senderUsername: sender.username,
      seq,
      changedSeq: seq,
      content: input.content,
      clientMessageId: input.client_message_id ?? null,
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
