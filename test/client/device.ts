import { type Chat, type ConversationStore, connect, type OutboxStorage } from '../../packages/client/src/client.ts';
import type { Person } from '../support/people.ts';
import { openProxy, type TcpProxy } from './proxy.ts';

/** One place where somebody is logged in, behind a network of its own: a tab, or a phone. */
export class Device {
  readonly who: Person;
  readonly name: string;
  readonly proxy: TcpProxy;
  chat: Chat;
  /** The conversations whose messages it shows; of the others it has summaries alone. */
  readonly opens: readonly number[];
  /** Contents in the order of sending, by conversation. */
  readonly sent = new Map<number, string[]>();
  /** Own messages that it showed as sent: their ids, by client id. */
  readonly acked = new Map<string, number>();
  /** What went wrong while nobody was comparing. */
  readonly faults: string[] = [];
  readonly #storage: OutboxStorage;
  #stops: (() => void)[] = [];

  static async begin(who: Person, name: string, port: number, storage: OutboxStorage, opens: readonly number[]) {
    return new Device(who, name, await openProxy(port), storage, opens);
  }

  private constructor(who: Person, name: string, proxy: TcpProxy, storage: OutboxStorage, opens: readonly number[]) {
    this.who = who;
    this.name = name;
    this.proxy = proxy;
    this.opens = opens;
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

  /** The page is thrown away and loaded again: of what it knew, only what it had stored is left. */
  reload(): void {
    this.#leave();
    this.chat = this.#start();
  }

  async stop(): Promise<void> {
    this.#leave();
    await this.proxy.stop();
  }

  #leave(): void {
    for (const stop of this.#stops) stop();
    this.chat.close();
  }

  #start(): Chat {
    const chat = connect({
      url: this.proxy.url,
      token: this.who.token,
      storage: this.#storage,
      random: () => 0.1,
    });
    const told = new Set<number>();
    this.#stops = [
      chat.on('message', ({ message_id, content }) => {
        if (told.has(message_id)) this.faults.push(`${this.name} was told twice of ${message_id} "${content}"`);
        told.add(message_id);
      }),
      ...this.opens.map((id) => chat.conversation(id).subscribe(() => this.#look(chat.conversation(id)))),
    ];
    return chat;
  }

  /** At every moment: each message once, in order, and what is acknowledged stays. */
  #look(store: ConversationStore): void {
    const { messages } = store.get();
    const seqs = messages.flatMap(({ seq }) => seq ?? []);
    if (seqs.some((seq, index) => seq <= (seqs[index - 1] ?? 0)))
      this.faults.push(`${this.name} shows ${store.id} out of order: ${seqs}`);
    const clientIds = messages.filter(({ mine }) => mine).flatMap(({ clientMessageId }) => clientMessageId ?? []);
    if (new Set(clientIds).size < clientIds.length)
      this.faults.push(`${this.name} shows a message of ${store.id} twice`);
    for (const { mine, id, clientMessageId } of messages)
      if (mine && id !== undefined && clientMessageId !== undefined) this.acked.set(clientMessageId, id);
  }
}
