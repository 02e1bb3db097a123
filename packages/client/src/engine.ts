import { Backoff } from './backoff.ts';
import { CatchingUp } from './catching-up.ts';
import { Confirmations } from './confirmations.ts';
import { Connection } from './connection.ts';
import type { Around } from './conversation.ts';
import type { ConversationStore } from './conversation-store.ts';
import { Conversations } from './conversations.ts';
import { withLatest } from './current-answers.ts';
import { Emitter } from './emitter.ts';
import { hear } from './hearing.ts';
import type { Line, LineOptions } from './line.ts';
import { Loading } from './loading.ts';
import { Others } from './others.ts';
import { Outbox, type Outgoing } from './outbox.ts';
import { OwnTyping } from './own-typing.ts';
import { patiently } from './patiently.ts';
import { People, type Person } from './people.ts';
import type { OperationName, Profile, ResultOf, ServerEvents } from './protocol.ts';
import { Value } from './readable.ts';
import { Reading } from './reading.ts';
import type { OutboxStorage } from './surroundings.ts';

/** The parts of a client, put together: who hears of what. */
export class Engine {
  readonly me = new Value<Profile | undefined>(undefined);
  readonly events = new Emitter();
  readonly people = new People();
  readonly stores = new Map<number, ConversationStore>();
  readonly connection: Connection;
  readonly known: Conversations;
  readonly catching: CatchingUp;
  readonly outbox: Outbox;
  readonly others: Others;
  readonly reading: Reading;
  readonly loading: Loading;
  readonly typing: OwnTyping;
  readonly #confirmations: Confirmations;

  constructor(line: LineOptions, storage: OutboxStorage, random: () => number) {
    const changed = (id: number) => this.stores.get(id)?.changed();
    this.connection = new Connection(line, random, {
      opened: (opened) => this.#identify(opened, new Backoff(random)),
      online: () => this.#online(),
      lost: () => this.#offline(),
      heard: (event, payload) => hear(event, payload, this),
      answered: (name, result, askedAt) => this.current(name, result, askedAt),
    });
    const ask = this.connection.askNow.bind(this.connection);
    this.known = new Conversations(
      (id) => this.#around(id),
      (id) => this.#cameOrWent(id),
      (summary, askedAt) => this.others.list(summary, askedAt),
    );
    this.catching = new CatchingUp(ask, this.known, random);
    this.outbox = new Outbox(storage, {
      random,
      changed,
      send: ({ conversationId: conversation_id, content, clientMessageId: client_message_id }) =>
        ask('message', { conversation_id, content, client_message_id }),
      acked: (sent) => this.acked(sent),
    });
    this.others = new Others(changed, (userId, presence) => this.known.showPresence(userId, presence));
    this.#confirmations = new Confirmations(
      (conversation_id, seq) => ask('delivered', { conversation_id, seq }),
      random,
    );
    this.reading = new Reading(
      (message_ids) => ask('read_receipt', { message_ids }),
      (id, messageIds) => this.known.get(id)?.readByMe(messageIds),
    );
    this.loading = new Loading({
      connection: this.connection,
      known: this.known,
      catching: this.catching,
      changed,
      loaded: (rows) => {
        for (const { sender_id, client_message_id } of rows)
          if (sender_id === this.me.get()?.id) this.outbox.shown(client_message_id);
      },
    });
    this.typing = new OwnTyping((conversation_id, isTyping) => {
      // a hint: if it fails, the next keystroke tells it again
      ask(isTyping ? 'typing_start' : 'typing_stop', { conversation_id }).catch(() => undefined);
    });
  }

  /** An own message is kept: no event tells the socket that sent it. */
  acked(sent: ResultOf<'message'>): void {
    const conversation = this.known.get(sent.conversation_id);
    if (conversation === undefined) {
      this.known.stray('message', sent);
      this.catching.list();
    } else conversation.take('message', sent);
    if (sent.seq <= (conversation?.sequence.seq ?? sent.seq)) this.outbox.shown(sent.client_message_id);
  }

  /** An answer with the names and pictures that were announced since it was asked for, by `performance.now()`. */
  current<Name extends OperationName>(name: Name, result: ResultOf<Name>, askedAt: number): ResultOf<Name> {
    return withLatest(name, result, (id) => this.people.latest(id, askedAt), this.me.get()?.id ?? 0);
  }

  /** Replaces a user's name and picture wherever they are shown. */
  showPerson(person: Person): void {
    const me = this.me.get();
    if (me?.id === person.id) return this.showMe({ ...me, ...person });
    this.known.showPerson(person);
    this.others.rename(person.id, person.username);
  }

  /** Takes one's own profile, and replaces one's own name wherever it is shown. */
  showMe(me: Profile): void {
    this.me.set(me);
    this.known.showPerson(me);
    for (const store of this.stores.values()) store.changed(); // what is not sent yet
  }

  /** What is to be sent, without that whose message is shown, or too old to be. */
  outgoing(id: number): readonly Outgoing[] {
    const seq = this.known.get(id)?.sequence.seq ?? 0;
    return this.outbox.of(id).filter(({ sent }) => sent === undefined || sent.seq > seq);
  }

  /** Forgets who is here, and everything with them. @param forever their unsent messages too */
  forget(forever: boolean): void {
    this.outbox.forget(forever);
    this.reading.stop();
    this.known.clear();
    this.catching.forget();
    this.me.set(undefined);
    for (const store of this.stores.values()) store.changed();
  }

  close(): void {
    this.connection.close();
    this.outbox.close();
    this.reading.stop();
    this.others.forget();
    for (const { sequence } of this.known.all()) sequence.stop();
  }

  async #identify(line: Line, backoff: Backoff): Promise<void> {
    const ask = () => this.connection.askOver(line, 'me', {}); // of one that is over it says why
    const me = await patiently(ask, backoff, () => true);
    const before = this.me.get();
    if (before !== undefined && before.id !== me.id) this.forget(false); // somebody else has logged in since
    this.showMe(me);
    this.outbox.belongsTo(me.id);
  }

  #online(): void {
    this.catching.online();
    this.outbox.online();
    for (const store of this.stores.values()) if (store.isOpen) void this.loading.newest(store.id);
  }

  #offline(): void {
    this.catching.offline();
    this.outbox.offline();
    this.#confirmations.offline();
    this.people.forget();
    this.others.forget();
  }

  #around(id: number): Around {
    return {
      userId: this.me.get()?.id ?? 0,
      emit: (name, payload) => {
        if (name === 'message') this.others.stopped(id, (payload as ServerEvents['message']).sender_id);
        this.events.emit(name, payload as never); // the same pair, as another type of names
      },
      changed: () => {
        this.stores.get(id)?.changed();
        this.known.sorted.changed();
      },
      kept: ({ clientMessageId }) => this.outbox.shown(clientMessageId),
      missed: () => {
        const conversation = this.known.get(id);
        if (conversation !== undefined) this.catching.some(conversation);
      },
      usernameOf: (userId) => this.people.latest(userId)?.username,
      received: (seq) => this.#confirmations.received(id, seq),
    };
  }

  #cameOrWent(id: number): void {
    const store = this.stores.get(id);
    store?.changed();
    if (store?.isOpen) void this.loading.newest(id);
  }
}
