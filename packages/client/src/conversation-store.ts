import type { Conversation } from './conversation.ts';
import type { Outgoing } from './outbox.ts';
import type { Typist } from './presence-store.ts';
import type { ConversationSummary, Participant } from './protocol.ts';
import type { Ask } from './public-types.ts';
import { DerivedStore, type Store } from './store.ts';
import type { Status, StoredMessage } from './stored-message.ts';

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
  /**
   * Own messages: `pending` or `failed` until the server has them. Others' messages: `delivered`, or `read` by this
   * user.
   */
  readonly state: 'pending' | 'failed' | Status;
  readonly error?: { readonly code: string; readonly message: string };
};
export type ConversationSnapshot = {
  readonly id: number;
  /** Undefined while the conversation is not known. */
  readonly summary: ConversationSummary | undefined;
  /** Oldest first; unsent messages are last, in the order of sending. */
  readonly messages: readonly ShownMessage[];
  readonly typing: readonly Typist[];
  readonly hasOlder: boolean;
  readonly loading: boolean;
  /** This user is not a participant: never was, left, or was removed. */
  readonly gone: boolean;
};

/** The parts of the client that a store uses. */
export type StoreDependencies = {
  readonly ask: Ask;
  me(): { id: number; username: string } | undefined;
  conversation(id: number): Conversation | undefined;
  outgoing(id: number): readonly Outgoing[];
  typing(id: number): readonly Typist[];
  isGone(id: number): boolean;
  /** Loads the messages, now and after each gap. */
  opened(id: number): void;
  loadOlder(id: number): Promise<boolean>;
  send(id: number, content: string): void;
  retry(clientMessageId: string): void;
  discard(clientMessageId: string): void;
  read(id: number, messageIds: readonly number[]): void;
  setTyping(id: number, isTyping: boolean): void;
  participants(id: number): Promise<readonly Participant[]>;
};

/** One conversation, for a UI. Its messages are loaded from the first `subscribe` or `loadOlder` on. */
export class ConversationStore implements Store<ConversationSnapshot> {
  readonly id: number;
  isOpen = false;
  readonly #dependencies: StoreDependencies;
  readonly #snapshot: DerivedStore<ConversationSnapshot>;

  constructor(id: number, dependencies: StoreDependencies) {
    this.id = id;
    this.#dependencies = dependencies;
    this.#snapshot = new DerivedStore(() => this.#derive());
  }

  readonly get = (): ConversationSnapshot => this.#snapshot.get();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#open();
    return this.#snapshot.subscribe(listener);
  };

  /** A source of the snapshot has changed. */
  changed(): void {
    this.#snapshot.changed();
  }

  /** Shows the message as `pending` and sends it as soon as possible. If the server refuses it, it becomes `failed`. */
  send(content: string): void {
    this.#dependencies.send(this.id, content);
  }

  /** Sends a failed message again. */
  retry(clientMessageId: string): void {
    this.#dependencies.retry(clientMessageId);
  }

  /** Forgets a failed or pending message; a pending one may already be in flight, and arrive. */
  discard(clientMessageId: string): void {
    this.#dependencies.discard(clientMessageId);
  }

  /** @throws ChatClientError: `not_sender`, `unknown_message`, … */
  async edit(messageId: number, content: string): Promise<void> {
    await this.#dependencies.ask('edit_message', { message_id: messageId, content });
  }

  /** @throws ChatClientError: `not_sender`, `unknown_message`, … */
  async remove(messageId: number): Promise<void> {
    await this.#dependencies.ask('delete_message', { message_id: messageId });
  }

  /** Loads up to 50 older messages. @returns whether there are more */
  loadOlder(): Promise<boolean> {
    this.#open();
    return this.#dependencies.loadOlder(this.id);
  }

  /** Marks the loaded messages as read, up to `upToSeq` if given. The server is informed shortly afterwards. */
  markRead(upToSeq = Number.POSITIVE_INFINITY): void {
    const conversation = this.#dependencies.conversation(this.id);
    const me = this.#dependencies.me()?.id;
    const unread = (conversation?.timeline?.messages ?? []).filter(
      (message) =>
        message.senderId !== me && message.seq <= upToSeq && conversation?.receipts.statusOf(message, me) !== 'read',
    );
    const ids = unread.map(({ id }) => id);
    this.#dependencies.read(this.id, ids);
  }

  /** Call it at each keystroke: it is sent every few seconds, and expires 6 s after the last call. */
  typing(): void {
    this.#dependencies.setTyping(this.id, true);
  }

  stopTyping(): void {
    this.#dependencies.setTyping(this.id, false);
  }

  /**
   * All participants, at most 5,000, longest membership first; fetched sequentially in pages of 500.
   * @throws ChatClientError: `not_participant`, …
   */
  participants(): Promise<readonly Participant[]> {
    return this.#dependencies.participants(this.id);
  }

  /** @throws ChatClientError: `not_admin`, `unknown_user`, … */
  async addParticipant(userId: number): Promise<void> {
    await this.#dependencies.ask('add_participant', { conversation_id: this.id, user_id: userId });
  }

  /** @throws ChatClientError: `not_admin`, `unknown_participant`, … */
  async removeParticipant(userId: number): Promise<void> {
    await this.#dependencies.ask('remove_participant', { conversation_id: this.id, user_id: userId });
  }

  /** @throws ChatClientError: `not_admin`, `private_conversation`, … */
  async rename(name: string): Promise<void> {
    await this.#dependencies.ask('rename_conversation', { conversation_id: this.id, name });
  }

  async leave(): Promise<void> {
    const me = this.#dependencies.me() ?? (await this.#dependencies.ask('me', {}));
    await this.removeParticipant(me.id);
  }

  #open(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    this.#dependencies.opened(this.id);
  }

  #derive(): ConversationSnapshot {
    const { id } = this;
    const conversation = this.#dependencies.conversation(id);
    const timeline = conversation?.timeline;
    const gone = this.#dependencies.isGone(id);
    const sent = (timeline?.messages ?? []).map((message) => this.#shown(message, conversation));
    return {
      id,
      summary: conversation?.summary,
      messages: [...sent, ...this.#dependencies.outgoing(id).map((entry) => this.#outgoing(entry))],
      typing: this.#dependencies.typing(id),
      hasOlder: timeline?.hasOlder ?? !gone,
      loading: !gone && this.isOpen && (timeline === undefined || timeline.isLoading || !timeline.isLoaded),
      gone,
    };
  }

  #shown(message: StoredMessage, conversation: Conversation | undefined): ShownMessage {
    const { changed: _, status, clientMessageId, ...shown } = message;
    const me = this.#dependencies.me()?.id;
    return {
      ...shown,
      ...(clientMessageId !== undefined && { clientMessageId }),
      mine: message.senderId === me,
      state: conversation?.receipts.statusOf(message, me) ?? status,
    };
  }

  #outgoing({ clientMessageId, content, createdAt, error, sent }: Outgoing): ShownMessage {
    const me = this.#dependencies.me();
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
