import { account } from './account.ts';
import { ChatCore } from './chat-core.ts';
import { ConversationStore, type StoreDependencies } from './conversation-store.ts';
import { fetchAllParticipants } from './fetch-all-participants.ts';
import { defaultStorage, ownOrigin } from './platform.ts';
import type { Presence } from './presence-store.ts';
import type { ConversationSummary, InputOf, Profile, ResultOf, ServerEventName, ServerEvents } from './protocol.ts';
import type { Ask, ChatOptions, ChatStatus } from './public-types.ts';
import { combineStores, type Store } from './store.ts';

/** A user's chat, kept up to date until it is closed. */
export class Chat {
  readonly status: Store<ChatStatus>;
  readonly me: Store<Profile | undefined>;
  /** Newest activity first. */
  readonly conversations: Store<readonly ConversationSummary[]>;
  /** By user id: every user whose presence is known. */
  readonly presence: Store<ReadonlyMap<number, Presence>>;
  readonly #core: ChatCore;
  readonly #random: () => number;
  readonly #logOut: () => Promise<unknown>;

  constructor({ url = ownOrigin(), token, storage = defaultStorage(), random = Math.random }: ChatOptions) {
    if (url === undefined) throw new TypeError('connect() needs a url outside of a browser');
    const tokenNow = typeof token === 'function' ? token : () => token;
    const core = new ChatCore({ url, token: tokenNow, receipts: true }, storage, random);
    const { connection, synchronizer } = core;
    this.#core = core;
    this.#random = random;
    this.#logOut = () => account(url, tokenNow()).logout();
    this.status = combineStores([connection.status, synchronizer.behind], () => ({
      ...connection.status.get(),
      behind: synchronizer.behind.get(),
    }));
    this.me = core.me;
    this.conversations = core.conversations.sorted;
    this.presence = core.presence.byUserId;
    connection.connectNow();
  }

  /** The store of a conversation, the same object each time. The conversation need not be known yet. */
  conversation(id: number): ConversationStore {
    const { stores } = this.#core;
    const store = stores.get(id) ?? new ConversationStore(id, this.#storeDependencies());
    stores.set(id, store);
    return store;
  }

  /** Lists up to 100 older conversations. @returns whether there are more */
  loadMoreConversations(): Promise<boolean> {
    return this.#core.synchronizer.loadMore();
  }

  /**
   * Calls any operation; waits for the connection if there is none.
   * @throws ChatClientError with the server's code, or `timeout`, `disconnected`, `unauthenticated`, `closed`
   */
  readonly ask: Ask = async (name, input, { timeoutMs } = {}) => {
    const { connection, conversations, synchronizer } = this.#core;
    const result = await connection.ask(name, input, timeoutMs);
    // a socket receives no event for what it sent or read itself
    if (name === 'message') this.#core.acknowledged(result as ResultOf<'message'>);
    if (name === 'read_receipt' && !conversations.readByMe((input as InputOf<'read_receipt'>).message_ids))
      synchronizer.syncAll();
    if (name === 'update_me') this.#core.applyMe(result as Profile);
    return result;
  };

  /** Listens to an event, delivered in order, live or synchronized. @returns a function that removes the listener */
  on<Name extends ServerEventName>(name: Name, listener: (payload: ServerEvents[Name]) => void): () => void {
    return this.#core.events.on(name, listener);
  }

  /** The private conversation with a user, created if there is none. @throws ChatClientError: `unknown_user`, … */
  async openPrivate(userId: number): Promise<ConversationStore> {
    return this.#found(await this.ask('open_private_conversation', { other_user_id: userId }));
  }

  /** @throws ChatClientError: `unknown_member`, `invalid_input`, … */
  async createGroup(name: string, memberIds: readonly number[]): Promise<ConversationStore> {
    return this.#found(await this.ask('create_group', { name, member_ids: [...memberIds] }));
  }

  /**
   * Ends the session and forgets everything, including unsent messages. After another login, call `reconnectNow`.
   * @throws ChatClientError if the server cannot be reached: then nothing is forgotten
   */
  async signOut(): Promise<void> {
    await this.#logOut();
    this.#core.connection.pause();
    this.#core.forget(true);
  }

  /** Connects immediately instead of waiting for the next attempt. */
  reconnectNow(): void {
    this.#core.connection.connectNow();
  }

  /** Closes the connection and releases all resources. Unsent messages stay in storage. */
  close(): void {
    this.#core.close();
  }

  async #found({ conversation_id: id }: { conversation_id: number }): Promise<ConversationStore> {
    await this.#core.synchronizer.findNew(id);
    return this.conversation(id);
  }

  #storeDependencies(): StoreDependencies {
    const { me, conversations, presence, outbox, readReceipts, typing, history } = this.#core;
    return {
      ask: this.ask,
      me: () => me.get(),
      conversation: (id) => conversations.get(id),
      outgoing: (id) => this.#core.outgoing(id),
      typing: (id) => presence.typingIn(id),
      isGone: (id) => conversations.isGone(id),
      opened: (id) => void history.loadNewest(id),
      loadOlder: (id) => history.loadOlder(id),
      send: (id, content) => {
        outbox.add(id, content);
        typing.set(id, false);
      },
      retry: (clientMessageId) => outbox.retry(clientMessageId),
      discard: (clientMessageId) => outbox.discard(clientMessageId),
      read: (id, messageIds) => readReceipts.add(id, messageIds),
      setTyping: (id, isTyping) => typing.set(id, isTyping),
      participants: async (id) => {
        const askedAt = performance.now();
        const listed = { participants: await fetchAllParticipants(this.ask, id, this.#random) };
        const { participants } = this.#core.amendResult('list_participants', listed, askedAt);
        for (const each of participants) presence.applyParticipant(each);
        return participants;
      },
    };
  }
}
