import type { Conversation } from './conversation.ts';
import type { Ask } from './face.ts';
import type { KeptMessage, Status } from './kept-message.ts';
import type { Typist } from './others.ts';
import type { Outgoing } from './outbox.ts';
import type { ConversationSummary, Participant } from './protocol.ts';
import { Derived, type Readable } from './readable.ts';

export type ShownMessage = {
  readonly id?: number;
  readonly clientMessageId?: string;
  readonly seq?: number;
  readonly senderId: number;
  readonly senderUsername: string;
  readonly content: string;
  readonly createdAt: string;
  readonly editedAt: string | null;
  readonly deleted: boolean;
  readonly kind: 'message' | 'system';
  readonly mine: boolean;
  /** One's own: `pending` and `failed` before the server has it. Somebody else's: `delivered`, or `read` by oneself. */
  readonly state: 'pending' | 'failed' | Status;
  readonly error?: { readonly code: string; readonly message: string };
};
export type ConversationSnapshot = {
  readonly id: number;
  /** Undefined while it is not known. */
  readonly summary: ConversationSummary | undefined;
  /** Oldest first; those that are not sent yet are last, in the order of sending. */
  readonly messages: readonly ShownMessage[];
  readonly typing: readonly Typist[];
  readonly hasOlder: boolean;
  readonly loading: boolean;
  /** This user is not in it: never was, left, or was removed. */
  readonly gone: boolean;
};

/** What a store needs of the client around it. */
export type StoreAround = {
  readonly ask: Ask;
  me(): { id: number; username: string } | undefined;
  conversation(id: number): Conversation | undefined;
  outgoing(id: number): readonly Outgoing[];
  typing(id: number): readonly Typist[];
  isGone(id: number): boolean;
  /** Has its messages loaded, now and after each gap. */
  opened(id: number): void;
  loadOlder(id: number): Promise<boolean>;
  send(id: number, content: string): void;
  retry(clientMessageId: string): void;
  discard(clientMessageId: string): void;
  read(id: number, messageIds: readonly number[]): void;
  tellTyping(id: number, isTyping: boolean): void;
  participants(id: number): Promise<readonly Participant[]>;
  met(participants: readonly Participant[]): void;
};

/** One conversation, for a UI. Its messages are loaded from the first `subscribe` or `loadOlder` on. */
export class ConversationStore implements Readable<ConversationSnapshot> {
  readonly id: number;
  isOpen = false;
  readonly #around: StoreAround;
  readonly #snapshot: Derived<ConversationSnapshot>;

  constructor(id: number, around: StoreAround) {
    this.id = id;
    this.#around = around;
    this.#snapshot = new Derived(() => this.#make());
  }

  readonly get = (): ConversationSnapshot => this.#snapshot.get();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#open();
    return this.#snapshot.subscribe(listener);
  };

  /** Something of it has changed. */
  changed(): void {
    this.#snapshot.changed();
  }

  /** Shows it at once as pending, and sends it as soon as possible. What the server refuses becomes `failed`. */
  send(content: string): void {
    this.#around.send(this.id, content);
  }

  /** Sends a failed message again. */
  retry(clientMessageId: string): void {
    this.#around.retry(clientMessageId);
  }

  /** Forgets a failed or pending message; a pending one may be on its way, and arrive. */
  discard(clientMessageId: string): void {
    this.#around.discard(clientMessageId);
  }

  /** @throws ChatClientError: `not_sender`, `unknown_message`, … */
  async edit(messageId: number, content: string): Promise<void> {
    await this.#around.ask('edit_message', { message_id: messageId, content });
  }

  /** @throws ChatClientError: `not_sender`, `unknown_message`, … */
  async remove(messageId: number): Promise<void> {
    await this.#around.ask('delete_message', { message_id: messageId });
  }

  /** Loads up to 50 older messages. @returns whether there are more */
  loadOlder(): Promise<boolean> {
    this.#open();
    return this.#around.loadOlder(this.id);
  }

  /** Marks what is loaded as read, up to a number if one is given. It is told to the server a moment later. */
  markRead(upToSeq = Number.POSITIVE_INFINITY): void {
    const conversation = this.#around.conversation(this.id);
    const me = this.#around.me()?.id;
    const unread = (conversation?.timeline?.messages ?? []).filter(
      (message) =>
        message.senderId !== me && message.seq <= upToSeq && conversation?.receipts.statusOf(message, me) !== 'read',
    );
    const ids = unread.map(({ id }) => id);
    this.#around.read(this.id, ids);
  }

  /** Call it at each keystroke: the others are told every few seconds, and it runs out 6 s after the last. */
  typing(): void {
    this.#around.tellTyping(this.id, true);
  }

  stopTyping(): void {
    this.#around.tellTyping(this.id, false);
  }

  /**
   * All participants, at most 5,000, longest-standing first; asked for in pages of 500, one after the other.
   * @throws ChatClientError: `not_participant`, …
   */
  async participants(): Promise<readonly Participant[]> {
    const participants = await this.#around.participants(this.id);
    this.#around.met(participants);
    return participants;
  }

  /** @throws ChatClientError: `not_admin`, `unknown_user`, … */
  async addParticipant(userId: number): Promise<void> {
    await this.#around.ask('add_participant', { conversation_id: this.id, user_id: userId });
  }

  /** @throws ChatClientError: `not_admin`, `unknown_participant`, … */
  async removeParticipant(userId: number): Promise<void> {
    await this.#around.ask('remove_participant', { conversation_id: this.id, user_id: userId });
  }

  /** @throws ChatClientError: `not_admin`, `private_conversation`, … */
  async rename(name: string): Promise<void> {
    await this.#around.ask('rename_conversation', { conversation_id: this.id, name });
  }

  async leave(): Promise<void> {
    const me = this.#around.me() ?? (await this.#around.ask('me', {}));
    await this.removeParticipant(me.id);
  }

  #open(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    this.#around.opened(this.id);
  }

  #make(): ConversationSnapshot {
    const { id } = this;
    const conversation = this.#around.conversation(id);
    const timeline = conversation?.timeline;
    const gone = this.#around.isGone(id);
    const sent = (timeline?.messages ?? []).map((message) => this.#shown(message, conversation));
    return {
      id,
      summary: conversation?.summary,
      messages: [...sent, ...this.#around.outgoing(id).map((entry) => this.#outgoing(entry))],
      typing: this.#around.typing(id),
      hasOlder: timeline?.hasOlder ?? !gone,
      loading: !gone && this.isOpen && (timeline === undefined || timeline.isLoading || !timeline.isLoaded),
      gone,
    };
  }

  #shown(message: KeptMessage, conversation: Conversation | undefined): ShownMessage {
    const { changed: _, status, clientMessageId, ...shown } = message;
    const me = this.#around.me()?.id;
    return {
      ...shown,
      ...(clientMessageId !== undefined && { clientMessageId }),
      mine: message.senderId === me,
      state: conversation?.receipts.statusOf(message, me) ?? status,
    };
  }

  #outgoing({ clientMessageId, content, createdAt, error, sent }: Outgoing): ShownMessage {
    const me = this.#around.me();
    return {
      ...(sent !== undefined && { id: sent.message_id, seq: sent.seq }),
      clientMessageId,
      senderId: me?.id ?? 0,
      senderUsername: me?.username ?? '',
      content,
      createdAt: sent?.created_at ?? new Date(createdAt).toISOString(),
      editedAt: null,
      deleted: false,
      kind: 'message',
      mine: true,
      state: sent !== undefined ? 'sent' : error !== undefined ? 'failed' : 'pending',
      ...(error !== undefined && { error }),
    };
  }
}
