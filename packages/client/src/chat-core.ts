import { amendResult } from './amend-result.ts';
import { Backoff } from './backoff.ts';
import { Connection } from './connection.ts';
import type { ConversationDependencies } from './conversation.ts';
import type { ConversationStore } from './conversation-store.ts';
import { Conversations } from './conversations.ts';
import { DeliveryReceiptSender } from './delivery-receipt-sender.ts';
import { Emitter } from './emitter.ts';
import { handleEvent } from './event-handlers.ts';
import { HistoryLoader } from './history-loader.ts';
import { Outbox, type Outgoing } from './outbox.ts';
import type { OutboxStorage } from './platform.ts';
import { PresenceStore } from './presence-store.ts';
import { ProfileUpdates, type PublicProfile } from './profile-updates.ts';
import type { OperationName, Profile, ResultOf, ServerEvents } from './protocol.ts';
import { ReadReceiptSender } from './read-receipt-sender.ts';
import { retryRateLimited } from './retry-rate-limited.ts';
import type { Session, SessionOptions } from './session.ts';
import { ValueStore } from './store.ts';
import { Synchronizer } from './synchronizer.ts';
import { TypingNotifier } from './typing-notifier.ts';

/** Creates the components of a client and connects them to each other. */
export class ChatCore {
  readonly me = new ValueStore<Profile | undefined>(undefined);
  readonly events = new Emitter();
  readonly profiles = new ProfileUpdates();
  readonly stores = new Map<number, ConversationStore>();
  readonly connection: Connection;
  readonly conversations: Conversations;
  readonly synchronizer: Synchronizer;
  readonly outbox: Outbox;
  readonly presence: PresenceStore;
  readonly readReceipts: ReadReceiptSender;
  readonly history: HistoryLoader;
  readonly typing: TypingNotifier;
  readonly #deliveryReceipts: DeliveryReceiptSender;

  constructor(session: SessionOptions, storage: OutboxStorage, random: () => number) {
    const changed = (id: number) => this.stores.get(id)?.changed();
    this.connection = new Connection(session, random, {
      onOpen: (opened) => this.#identify(opened, new Backoff(random)),
      onOnline: () => this.#online(),
      onLost: () => this.#offline(),
      onEvent: (event, payload) => handleEvent(event, payload, this),
      amendResult: (name, result, askedAt) => this.amendResult(name, result, askedAt),
    });
    const ask = this.connection.askNow.bind(this.connection);
    this.conversations = new Conversations(
      (id) => this.#dependenciesOf(id),
      (id) => this.#membershipChanged(id),
      (summary, askedAt) => this.presence.applySummary(summary, askedAt),
    );
    this.synchronizer = new Synchronizer(ask, this.conversations, random);
    this.outbox = new Outbox(storage, {
      random,
      changed,
      send: ({ conversationId: conversation_id, content, clientMessageId: client_message_id }) =>
        ask('message', { conversation_id, content, client_message_id }),
      acknowledged: (sent) => this.acknowledged(sent),
    });
    this.presence = new PresenceStore(changed, (userId, presence) =>
      this.conversations.applyPresence(userId, presence),
    );
    this.#deliveryReceipts = new DeliveryReceiptSender(
      (conversation_id, seq) => ask('delivered', { conversation_id, seq }),
      random,
    );
    this.readReceipts = new ReadReceiptSender(
      (message_ids) => ask('read_receipt', { message_ids }),
      (id, messageIds) => this.conversations.get(id)?.readByMe(messageIds),
    );
    this.history = new HistoryLoader({
      connection: this.connection,
      conversations: this.conversations,
      synchronizer: this.synchronizer,
      changed,
      loaded: (rows) => {
        for (const { sender_id, client_message_id } of rows)
          if (sender_id === this.me.get()?.id) this.outbox.messageShown(client_message_id);
      },
    });
    this.typing = new TypingNotifier((conversation_id, isTyping) => {
      // a hint: if it fails, the next keystroke sends it again
      ask(isTyping ? 'typing_start' : 'typing_stop', { conversation_id }).catch(() => undefined);
    });
  }

  /** The server stored a message of this user. The socket that sent it receives no event for it. */
  acknowledged(sent: ResultOf<'message'>): void {
    const conversation = this.conversations.get(sent.conversation_id);
    if (conversation === undefined) {
      this.conversations.bufferEvent('message', sent);
      this.synchronizer.syncList();
    } else conversation.receive('message', sent);
    if (sent.seq <= (conversation?.sequence.seq ?? sent.seq)) this.outbox.messageShown(sent.client_message_id);
  }

  /** Applies the names and pictures announced since the request at `askedAt` (`performance.now()`) to its result. */
  amendResult<Name extends OperationName>(name: Name, result: ResultOf<Name>, askedAt: number): ResultOf<Name> {
    return amendResult(name, result, (id) => this.profiles.latest(id, askedAt), this.me.get()?.id ?? 0);
  }

  /** Replaces a user's name and picture wherever they are shown. */
  applyProfile(profile: PublicProfile): void {
    const me = this.me.get();
    if (me?.id === profile.id) return this.applyMe({ ...me, ...profile });
    this.conversations.applyProfile(profile);
    this.presence.rename(profile.id, profile.username);
  }

  /** Stores this user's profile, and replaces their name wherever it is shown. */
  applyMe(me: Profile): void {
    this.me.set(me);
    this.conversations.applyProfile(me);
    for (const store of this.stores.values()) store.changed(); // unsent messages show the name too
  }

  /** The outbox entries to show: not those whose message is already in the timeline, or older than it. */
  outgoing(id: number): readonly Outgoing[] {
    const seq = this.conversations.get(id)?.sequence.seq ?? 0;
    return this.outbox.of(id).filter(({ sent }) => sent === undefined || sent.seq > seq);
  }

  /** Forgets the user and all of their data. @param forever deletes their unsent messages too */
  forget(forever: boolean): void {
    this.outbox.forget(forever);
    this.readReceipts.stop();
    this.synchronizer.forget();
    this.me.set(undefined);
    for (const store of this.stores.values()) store.changed();
  }

  close(): void {
    this.connection.close();
    this.outbox.close();
    this.readReceipts.stop();
    this.presence.forget();
    for (const { sequence } of this.conversations.all()) sequence.stop();
  }

  async #identify(session: Session, backoff: Backoff): Promise<void> {
    const ask = () => this.connection.askOver(session, 'me', {}); // fails with the session's end reason if it has ended
    const me = await retryRateLimited(ask, backoff, () => true);
    const before = this.me.get();
    if (before !== undefined && before.id !== me.id) this.forget(false); // another user has logged in since
    this.applyMe(me);
    this.outbox.setUser(me.id);
  }

  #online(): void {
    this.synchronizer.online();
    this.outbox.online();
    for (const store of this.stores.values()) if (store.isOpen) void this.history.loadNewest(store.id);
  }

  #offline(): void {
    this.synchronizer.offline();
    this.outbox.offline();
    this.#deliveryReceipts.offline();
    this.profiles.forget();
    this.presence.forget();
  }

  #dependenciesOf(id: number): ConversationDependencies {
    return {
      userId: this.me.get()?.id ?? 0,
      emit: (name, payload) => {
        if (name === 'message') this.presence.stoppedTyping(id, (payload as ServerEvents['message']).sender_id);
        this.events.emit(name, payload as never); // the same pair, under another type of names
      },
      changed: () => {
        this.stores.get(id)?.changed();
        this.conversations.sorted.changed();
      },
      ownMessageStored: ({ clientMessageId }) => this.outbox.messageShown(clientMessageId),
      requestSync: () => {
        const conversation = this.conversations.get(id);
        if (conversation !== undefined) this.synchronizer.syncOne(conversation);
      },
      usernameOf: (userId) => this.profiles.latest(userId)?.username,
      received: (seq) => this.#deliveryReceipts.received(id, seq),
    };
  }

  #membershipChanged(id: number): void {
    const store = this.stores.get(id);
    store?.changed();
    if (store?.isOpen) void this.history.loadNewest(id);
  }
}
