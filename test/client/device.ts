import { type Chat, type ConversationStore, connect, type OutboxStorage } from '../../packages/client/src/client.ts';
import type { Person } from '../support/people.ts';
import { openProxy, type TcpProxy } from './proxy.ts';

/** A tab or a phone where a user is logged in, behind a network of its own. */
export class Device {
  readonly user: Person;
  readonly name: string;
  readonly proxy: TcpProxy;
  chat: Chat;
  /** The conversations whose messages it shows; it has only summaries of the others. */
  readonly openIds: readonly number[];
  /** Contents in the order of sending, by conversation. */
  readonly sent = new Map<number, string[]>();
  /** Own messages that it showed as sent: their ids by client message id. */
  readonly acked = new Map<string, number>();
  /** Violations observed between comparisons. */
  readonly violations: string[] = [];
  readonly #storage: OutboxStorage;
  #stops: (() => void)[] = [];

  static async begin(user: Person, name: string, port: number, storage: OutboxStorage, openIds: readonly number[]) {
    return new Device(user, name, await openProxy(port), storage, openIds);
  }

  private constructor(user: Person, name: string, proxy: TcpProxy, storage: OutboxStorage, openIds: readonly number[]) {
    this.user = user;
    this.name = name;
    this.proxy = proxy;
    this.openIds = openIds;
    this.#storage = storage;
    this.chat = this.#start();
  }

  store(conversationId: number): ConversationStore {
    return this.chat.conversation(conversationId);
  }

  send(conversationId: number, content: string): void {
    this.sent.set(conversationId, [...(this.sent.get(conversationId) ?? []), content]);
    this.store(conversationId).send(content);
  }

  /** Reloads the page: only what was stored survives. */
  reload(): void {
    this.#disconnect();
    this.chat = this.#start();
  }

  async stop(): Promise<void> {
    this.#disconnect();
    await this.proxy.stop();
  }

  #disconnect(): void {
    for (const stop of this.#stops) stop();
    this.chat.close();
  }

  #start(): Chat {
    const chat = connect({
      url: this.proxy.url,
      token: this.user.token,
      storage: this.#storage,
      random: () => 0.1,
    });
    const received = new Set<number>();
    this.#stops = [
      chat.on('message', ({ message_id, content }) => {
        if (received.has(message_id)) this.violations.push(`${this.name} received ${message_id} "${content}" twice`);
        received.add(message_id);
      }),
      ...this.openIds.map((id) => chat.conversation(id).subscribe(() => this.#check(chat.conversation(id)))),
    ];
    return chat;
  }

  /** At any time, each message is shown once, in order, and what was acknowledged stays. */
  #check(store: ConversationStore): void {
    const { messages } = store.get();
    const seqs = messages.flatMap(({ seq }) => seq ?? []);
    if (seqs.some((seq, index) => seq <= (seqs[index - 1] ?? 0)))
      this.violations.push(`${this.name} shows ${store.id} out of order: ${seqs}`);
    const clientIds = messages.filter(({ mine }) => mine).flatMap(({ clientMessageId }) => clientMessageId ?? []);
    if (new Set(clientIds).size < clientIds.length)
      this.violations.push(`${this.name} shows a message of ${store.id} twice`);
    for (const { mine, id, clientMessageId } of messages)
      if (mine && id !== undefined && clientMessageId !== undefined) this.acked.set(clientMessageId, id);
  }
}
