import type { ConversationSummary, InputOf, OperationName, Profile, ResultOf, ServerEvents } from '../protocol.ts';
import { account } from './account.ts';
import { CatchingUp } from './catching-up.ts';
import { Confirmations } from './confirmations.ts';
import { Connection, type ConnectionState } from './connection.ts';
import type { Around, Conversation } from './conversation.ts';
import { ConversationStore, type StoreAround } from './conversation-store.ts';
import { Conversations } from './conversations.ts';
import { type ClientEventName, type ClientEvents, Emitter } from './emitter.ts';
import { hear } from './hearing.ts';
import { keptOfRow } from './kept-message.ts';
import type { Line } from './line.ts';
import { Others, type Presence } from './others.ts';
import { Outbox, type Outgoing } from './outbox.ts';
import { OwnTyping } from './own-typing.ts';
import { Derived, type Readable, Value } from './readable.ts';
import { Reading } from './reading.ts';
import { defaultStorage, type OutboxStorage, ownOrigin } from './surroundings.ts';

export type ChatOptions = {
  /** The server's address; in a browser the page's own unless it is given. */
  url?: string;
  /** The session's token, or where to get it at each connecting; in a browser the cookie does. */
  token?: string | (() => string | undefined);
  /** Where unsent messages are kept; a browser's `localStorage` unless it is given, memory elsewhere. */
  storage?: OutboxStorage;
  /** From 0 to below 1, for tests. */
  random?: () => number;
};
export type ChatStatus = {
  readonly state: ConnectionState;
  /** When the next try is, as milliseconds since 1970. */
  readonly retryAt?: number;
  /** Something was missed and is being caught up on. */
  readonly behind: boolean;
};
type AskOptions = { timeoutMs?: number };
export type Ask = <Name extends OperationName>(
  name: Name,
  input: InputOf<Name>,
  options?: AskOptions,
) => Promise<ResultOf<Name>>;

const PAGE = 50;
const ME_WITHIN_MS = 10_000;
const RETRY_MS = 1_000;

/** A user's chat, kept up to date for as long as it is not closed. */
export class Chat {
  readonly status: Readable<ChatStatus>;
  readonly me: Readable<Profile | undefined>;
  /** Newest activity first. */
  readonly conversations: Readable<readonly ConversationSummary[]>;
  /** By user id: of everybody of whom anything was told. */
  readonly presence: Readable<ReadonlyMap<number, Presence>>;
  readonly #me = new Value<Profile | undefined>(undefined);
  readonly #url: string;
  readonly #token: () => string | undefined;
  readonly #events = new Emitter();
  readonly #connection: Connection;
  readonly #known: Conversations;
  readonly #catching: CatchingUp;
  readonly #outbox: Outbox;
  readonly #others: Others;
  readonly #confirmations: Confirmations;
  readonly #reading: Reading;
  readonly #typing: OwnTyping;
  readonly #stores = new Map<number, ConversationStore>();
  readonly #gone = new Set<number>();
  readonly #loads = new Map<number, Promise<boolean>>();

  constructor({ url = ownOrigin(), token, storage = defaultStorage(), random = Math.random }: ChatOptions) {
    if (url === undefined) throw new TypeError('connect() needs a url outside of a browser');
    this.#url = url;
    this.#token = typeof token === 'function' ? token : () => token;
    this.#connection = new Connection({ url, token: this.#token, receipts: true }, random, {
      opened: (line) => this.#identify(line),
      online: () => this.#online(),
      lost: () => this.#offline(),
      heard: (event, payload) => this.#hear(event, payload),
    });
    const ask = this.#connection.ask.bind(this.#connection);
    this.#known = new Conversations(
      (id) => this.#aroundConversation(id),
      (id) => this.#cameOrWent(id),
    );
    this.#catching = new CatchingUp(ask, this.#known, random);
    this.#outbox = new Outbox(storage, {
      random,
      send: ({ conversationId: conversation_id, content, clientMessageId: client_message_id }) =>
        ask('message', { conversation_id, content, client_message_id }),
      acked: (sent) => this.#acked(sent),
      changed: (id) => this.#stores.get(id)?.changed(),
    });
    this.#others = new Others(
      (id) => this.#stores.get(id)?.changed(),
      (userId, presence) => this.#showPresence(userId, presence),
    );
    this.#confirmations = new Confirmations((conversation_id, seq) => ask('delivered', { conversation_id, seq }));
    this.#reading = new Reading(
      (message_ids) => ask('read_receipt', { message_ids }),
      (id, messageIds) => this.#known.get(id)?.readByMe(messageIds),
    );
    this.#typing = new OwnTyping((conversation_id, isTyping) => {
      if (!this.#connection.isOnline) return;
      // a hint: if it fails, the next keystroke tells it again
      this.#connection.ask(isTyping ? 'typing_start' : 'typing_stop', { conversation_id }).catch(() => undefined);
    });
    const status = new Derived<ChatStatus>(() => ({
      ...this.#connection.status.get(),
      behind: this.#catching.behind.get(),
    }));
    this.#connection.status.subscribe(() => status.changed());
    this.#catching.behind.subscribe(() => status.changed());
    this.status = status;
    this.me = this.#me;
    this.conversations = this.#known.sorted;
    this.presence = this.#others.presence;
    this.#connection.connectNow();
  }

  /** The store of a conversation, the same each time. It need not be known yet. */
  conversation(id: number): ConversationStore {
    const store = this.#stores.get(id) ?? new ConversationStore(id, this.#aroundStore());
    this.#stores.set(id, store);
    return store;
  }

  /** Lists up to 100 older conversations. @returns whether there are still more */
  loadMoreConversations(): Promise<boolean> {
    return this.#catching.loadMore();
  }

  /**
   * Asks for any operation; waits for the connection if there is none.
   * @throws ChatClientError with the server's code, or `timeout`, `disconnected`, `unauthenticated`, `closed`
   */
  readonly ask: Ask = async (name, input, { timeoutMs } = {}) => {
    const result = await this.#connection.ask(name, input, timeoutMs);
    this.#learn(name, input as never, result as never);
    return result;
  };

  /** Hears an event, in order, live or caught up on. @returns how to stop */
  on<Name extends ClientEventName>(name: Name, listener: (payload: ClientEvents[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  async openPrivate(userId: number): Promise<ConversationStore> {
    const { conversation_id: id } = await this.ask('open_private_conversation', { other_user_id: userId });
    await this.#catching.findNew(id);
    return this.conversation(id);
  }

  async createGroup(name: string, memberIds: readonly number[]): Promise<ConversationStore> {
    const { conversation_id: id } = await this.ask('create_group', { name, member_ids: [...memberIds] });
    await this.#catching.findNew(id);
    return this.conversation(id);
  }

  /** Ends the session, and forgets everything, unsent messages too. `reconnectNow` goes on after another login. */
  async signOut(): Promise<void> {
    await account(this.#url, this.#token()).logout();
    this.#connection.pause();
    this.#forget(true);
  }

  /** Connects without waiting any longer. */
  reconnectNow(): void {
    this.#connection.connectNow();
  }

  /** Lets go of everything. Unsent messages stay in storage. */
  close(): void {
    this.#connection.close();
    this.#outbox.close();
    this.#reading.stop();
    this.#others.forget();
    for (const { sequence } of this.#known.all()) sequence.stop();
  }

  async #identify(line: Line): Promise<void> {
    const me = await line.ask('me', {}, ME_WITHIN_MS);
    const before = this.#me.get();
    if (before !== undefined && before.id !== me.id) this.#forget(false); // somebody else has logged in since
    this.#me.set(me);
    this.#outbox.belongsTo(me.id);
  }

  #online(): void {
    this.#catching.online();
    this.#outbox.online();
    for (const store of this.#stores.values()) if (store.isOpen) void this.#loadFirst(store);
  }

  #offline(): void {
    this.#catching.offline();
    this.#outbox.offline();
    this.#confirmations.offline();
    this.#others.forget();
  }

  #forget(outboxToo: boolean): void {
    this.#outbox.forget(outboxToo);
    this.#reading.stop();
    this.#known.clear();
    this.#catching.forget();
    this.#gone.clear();
    this.#me.set(undefined);
    for (const store of this.#stores.values()) store.changed();
  }

  #hear(event: string, payload: unknown): void {
    hear(event, payload, {
      me: this.#me.get()?.id,
      known: this.#known,
      catching: this.#catching,
      others: this.#others,
      emit: (name, told) => this.#events.emit(name, told),
    });
  }

  /** What an answer tells, and no event. */
  #learn<Name extends OperationName>(name: Name, input: InputOf<Name>, result: ResultOf<Name>): void {
    if (name === 'message') this.#acked(result as ResultOf<'message'>);
    if (name === 'update_me') this.#me.set(result as Profile);
    if (name !== 'read_receipt') return;
    const { message_ids } = input as InputOf<'read_receipt'>;
    const left = new Set(message_ids);
    for (const conversation of this.#known.all()) {
      const own = message_ids.filter((id) => conversation.timeline?.get(id) !== undefined);
      for (const id of own) left.delete(id);
      if (own.length > 0) conversation.readByMe(own);
    }
    if (left.size > 0) this.#catching.all(); // in conversations that nobody has opened
  }

  #acked(sent: ResultOf<'message'>): void {
    const conversation = this.#known.get(sent.conversation_id);
    if (conversation === undefined) this.#known.stray('message', sent);
    else conversation.take('message', sent);
    if (sent.seq <= (conversation?.sequence.seq ?? sent.seq)) this.#outbox.shown(sent.client_message_id);
  }

  #aroundConversation(id: number): Around {
    const conversation = () => this.#known.get(id) as Conversation; // it asks while it is known
    return {
      userId: this.#me.get()?.id ?? 0,
      emit: (name, payload) => {
        if (name === 'message') this.#others.stopped(id, (payload as ServerEvents['message']).sender_id);
        this.#events.emit(name, payload as never);
      },
      changed: () => {
        this.#stores.get(id)?.changed();
        this.#known.sorted.changed();
      },
      kept: ({ clientMessageId }) => this.#outbox.shown(clientMessageId),
      missed: () => {
        if (this.#known.has(id)) this.#catching.some(conversation());
      },
      received: () => this.#confirmations.received(id, conversation().sequence.seq),
    };
  }

  #cameOrWent(id: number): void {
    if (this.#known.has(id)) this.#gone.delete(id);
    else this.#gone.add(id);
    const store = this.#stores.get(id);
    store?.changed();
    if (store?.isOpen && this.#known.has(id)) void this.#loadFirst(store);
    const summary = this.#known.get(id)?.summary;
    if (summary !== undefined) this.#others.list(summary);
  }

  #showPresence(userId: number, { online, last_seen }: Presence): void {
    for (const conversation of this.#known.all()) {
      const { other_user } = conversation.summary;
      if (other_user?.id !== userId) continue;
      conversation.setOtherOnline(online, last_seen ?? other_user.last_seen);
      this.#stores.get(conversation.id)?.changed();
      this.#known.sorted.changed();
    }
  }

  #aroundStore(): StoreAround {
    return {
      ask: this.ask,
      me: () => this.#me.get(),
      conversation: (id) => this.#known.get(id),
      outgoing: (id) => this.#outgoing(id),
      typing: (id) => this.#others.typingIn(id),
      isGone: (id) => this.#gone.has(id),
      opened: (store) => void this.#loadFirst(store),
      loadOlder: (id) => this.#loadPage(id),
      send: (id, content) => {
        this.#outbox.add(id, content);
        this.#typing.set(id, false);
      },
      retry: (clientMessageId) => this.#outbox.retry(clientMessageId),
      discard: (clientMessageId) => this.#outbox.discard(clientMessageId),
      read: (id, messageIds) => this.#reading.read(id, messageIds),
      tellTyping: (id, isTyping) => this.#typing.set(id, isTyping),
      met: (participants) => {
        for (const { id, online, last_seen } of participants) this.#others.person(id, online, last_seen);
      },
    };
  }

  /** Without those whose message is shown, or too old to be. */
  #outgoing(id: number): readonly Outgoing[] {
    const seq = this.#known.get(id)?.sequence.seq ?? 0;
    return this.#outbox.of(id).filter(({ sent }) => sent === undefined || sent.seq > seq);
  }

  /** Loads an open conversation's newest messages, unless they are here; tries until they are, while there is a connection. */
  async #loadFirst(store: ConversationStore): Promise<void> {
    const { id } = store;
    while (this.#connection.isOnline && !this.#gone.has(id) && this.#known.get(id)?.timeline?.isLoaded !== true) {
      try {
        await this.#loadPage(id);
      } catch {
        // refused, too late or cut off: the loop looks which
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  #loadPage(id: number): Promise<boolean> {
    const loading = this.#loads.get(id) ?? this.#load(id).finally(() => this.#loads.delete(id));
    this.#loads.set(id, loading);
    return loading;
  }

  async #load(id: number): Promise<boolean> {
    if (!(await this.#catching.find(id))) this.#gone.add(id);
    const conversation = this.#known.get(id);
    this.#stores.get(id)?.changed();
    if (conversation === undefined) return false;
    const timeline = conversation.open();
    const [oldest] = timeline.isLoaded ? timeline.messages : [];
    if (!timeline.hasOlder) return false;
    const take = timeline.expectPage();
    try {
      const before = oldest === undefined ? {} : { before: oldest.id };
      const { messages } = await this.#connection.ask('list_messages', { conversation_id: id, limit: PAGE, ...before });
      take({ messages: messages.map(keptOfRow), hasOlder: messages.length === PAGE });
      for (const { client_message_id, sender_id } of messages)
        if (sender_id === this.#me.get()?.id) this.#outbox.shown(client_message_id);
    } finally {
      take();
      this.#stores.get(id)?.changed();
    }
    return timeline.hasOlder;
  }
}
