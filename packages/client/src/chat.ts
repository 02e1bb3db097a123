import { account } from './account.ts';
import { allParticipants } from './all-participants.ts';
import { ConversationStore, type StoreAround } from './conversation-store.ts';
import { Engine } from './engine.ts';
import type { Ask, ChatOptions, ChatStatus } from './face.ts';
import type { Presence } from './others.ts';
import type {
  ConversationSummary,
  InputOf,
  Participant,
  Profile,
  ResultOf,
  ServerEventName,
  ServerEvents,
} from './protocol.ts';
import { combined, type Readable } from './readable.ts';
import { defaultStorage, ownOrigin } from './surroundings.ts';

/** A user's chat, kept up to date for as long as it is not closed. */
export class Chat {
  readonly status: Readable<ChatStatus>;
  readonly me: Readable<Profile | undefined>;
  /** Newest activity first. */
  readonly conversations: Readable<readonly ConversationSummary[]>;
  /** By user id: of everybody of whom anything was told. */
  readonly presence: Readable<ReadonlyMap<number, Presence>>;
  readonly #engine: Engine;
  readonly #random: () => number;
  readonly #logOut: () => Promise<unknown>;

  constructor({ url = ownOrigin(), token, storage = defaultStorage(), random = Math.random }: ChatOptions) {
    if (url === undefined) throw new TypeError('connect() needs a url outside of a browser');
    const tokenNow = typeof token === 'function' ? token : () => token;
    const engine = new Engine({ url, token: tokenNow, receipts: true }, storage, random);
    const { connection, catching } = engine;
    this.#engine = engine;
    this.#random = random;
    this.#logOut = () => account(url, tokenNow()).logout();
    this.status = combined([connection.status, catching.behind], () => ({
      ...connection.status.get(),
      behind: catching.behind.get(),
    }));
    this.me = engine.me;
    this.conversations = engine.known.sorted;
    this.presence = engine.others.presence;
    connection.connectNow();
  }

  /** The store of a conversation, the same each time. It need not be known yet. */
  conversation(id: number): ConversationStore {
    const { stores } = this.#engine;
    const store = stores.get(id) ?? new ConversationStore(id, this.#aroundStore());
    stores.set(id, store);
    return store;
  }

  /** Lists up to 100 older conversations. @returns whether there are still more */
  loadMoreConversations(): Promise<boolean> {
    return this.#engine.catching.loadMore();
  }

  /**
   * Asks for any operation; waits for the connection if there is none.
   * @throws ChatClientError with the server's code, or `timeout`, `disconnected`, `unauthenticated`, `closed`
   */
  readonly ask: Ask = async (name, input, { timeoutMs } = {}) => {
    const { connection, known, catching } = this.#engine;
    const result = await connection.ask(name, input, timeoutMs);
    // one's own socket hears no event of what it has sent or read
    if (name === 'message') this.#engine.acked(result as ResultOf<'message'>);
    if (name === 'read_receipt' && !known.readByMe((input as InputOf<'read_receipt'>).message_ids)) catching.all();
    if (name === 'update_me') this.#engine.showMe(result as Profile);
    return result;
  };

  /** Hears an event, in order, live or caught up on. @returns how to stop */
  on<Name extends ServerEventName>(name: Name, listener: (payload: ServerEvents[Name]) => void): () => void {
    return this.#engine.events.on(name, listener);
  }

  /** The private conversation with somebody, made if there is none. @throws ChatClientError: `unknown_user`, … */
  async openPrivate(userId: number): Promise<ConversationStore> {
    return this.#found(await this.ask('open_private_conversation', { other_user_id: userId }));
  }

  /** @throws ChatClientError: `unknown_member`, `invalid_input`, … */
  async createGroup(name: string, memberIds: readonly number[]): Promise<ConversationStore> {
    return this.#found(await this.ask('create_group', { name, member_ids: [...memberIds] }));
  }

  /**
   * Ends the session, and forgets everything, unsent messages too. `reconnectNow` goes on after another login.
   * @throws ChatClientError when the server cannot be reached: then nothing is forgotten
   */
  async signOut(): Promise<void> {
    await this.#logOut();
    this.#engine.connection.pause();
    this.#engine.forget(true);
  }

  /** Connects without waiting any longer. */
  reconnectNow(): void {
    this.#engine.connection.connectNow();
  }

  /** Lets go of everything. Unsent messages stay in storage. */
  close(): void {
    this.#engine.close();
  }

  async #found({ conversation_id: id }: { conversation_id: number }): Promise<ConversationStore> {
    await this.#engine.catching.findNew(id);
    return this.conversation(id);
  }

  #aroundStore(): StoreAround {
    const { me, known, others, outbox, reading, typing, loading } = this.#engine;
    return {
      ask: this.ask,
      me: () => me.get(),
      conversation: (id) => known.get(id),
      outgoing: (id) => this.#engine.outgoing(id),
      typing: (id) => others.typingIn(id),
      isGone: (id) => known.isGone(id),
      opened: (id) => void loading.newest(id),
      loadOlder: (id) => loading.older(id),
      send: (id, content) => {
        outbox.add(id, content);
        typing.set(id, false);
      },
      retry: (clientMessageId) => outbox.retry(clientMessageId),
      discard: (clientMessageId) => outbox.discard(clientMessageId),
      read: (id, messageIds) => reading.read(id, messageIds),
      tellTyping: (id, isTyping) => typing.set(id, isTyping),
      participants: async (id) => {
        const askedAt = performance.now();
        const participants = await allParticipants(this.ask, id, this.#random);
        return this.#engine.current('list_participants', { participants }, askedAt).participants;
      },
      met: (participants: readonly Participant[]) => {
        for (const { id, online, last_seen } of participants) others.person(id, online, last_seen);
      },
    };
  }
}
