import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, ServerEvent } from '../support/clients.ts';
import type { Member, Wire } from './cluster.ts';
import { type Connection, open } from './connection.ts';
import { View } from './view.ts';

const HOLE_PATIENCE_MS = 700;
const RETRY_MS = 250;
/** The numbered events, by the operation whose answer has the same content. */
const NUMBERED = { message: 'message', edit_message: 'edited_message', delete_message: 'deleted_message' } as const;
const SHOWN = new Set(['message', 'system_message', 'edited_message', 'deleted_message']);

/**
 * A client that behaves as documented: it stays connected to some node, shows live events in the order of their `seq`, and
 * calls `sync` after connecting, when it is prompted, and when a gap remains.
 */
export class Follower {
  readonly who: Member;
  readonly views = new Map<number, View>();
  readonly received: { at: number; event: ServerEvent }[] = [];
  readonly counts = { connects: 0, syncs: 0, gaps: 0, prompts: 0 };
  /** The close code that means that the session has ended. */
  loggedOut = false;
  caughtUpAt = 0;
  readonly #urls: readonly string[];
  readonly #wire: Wire;
  #connection: Connection | undefined;
  #next: number;
  #stopped = false;
  #syncing = false;
  #again = false;

  /** @param urls where it may connect; it begins with the first of them */
  constructor(who: Member, urls: readonly string[], wire: Wire) {
    this.who = who;
    this.#urls = urls;
    this.#wire = wire;
    this.#next = 0;
    void this.#stay();
  }

  get connected(): boolean {
    return this.#connection !== undefined;
  }

  /** Undefined if the result is unknown. What is acknowledged is shown. */
  async ask(operation: string, input: object = {}): Promise<Answer | undefined> {
    const connection = this.#connection;
    const answer = await connection?.ask(operation, input);
    if (answer === undefined)
      connection?.close(); // it does not answer: perhaps another node does
    else if (answer.ok && operation in NUMBERED)
      this.#take({ ...answer, type: NUMBERED[operation as keyof typeof NUMBERED] } as never);
    return answer;
  }

  /** Undefined for a conversation that it does not show. */
  contents(conversationId: number): string[] | undefined {
    const messages = [...(this.views.get(conversationId)?.messages.values() ?? [])];
    return messages.sort((a, b) => a.seq - b.seq).map(({ content }) => content);
  }

  stop(): void {
    this.#stopped = true;
    this.#connection?.close();
  }

  async #stay(): Promise<void> {
    while (!this.#stopped) {
      const url = this.#urls[this.#next % this.#urls.length] ?? '';
      const connection = await open(url, this.who.token, this.#wire, (event) => this.#onEvent(event)).catch(
        () => undefined,
      );
      if (connection !== undefined) await this.#use(connection);
      this.#next += 1;
      await delay(20 + Math.random() * RETRY_MS);
    }
  }

  async #use(connection: Connection): Promise<void> {
    if (this.#stopped) return connection.close();
    this.#connection = connection;
    this.counts.connects += 1;
    void this.sync();
    if ((await connection.closed) === 4401) this.loggedOut = true;
    this.#connection = undefined;
  }

  #onEvent(event: ServerEvent): void {
    this.received.push({ at: Date.now(), event });
    if (SHOWN.has(event.type)) this.#take(event);
    if (event.type === 'error' && event.code === 'unauthenticated') this.loggedOut = true;
    if (event.type !== 'conversation_update') return;
    if (event.content === 'sync_required') this.counts.prompts += 1;
    const mine = event.user_id === this.who.id || event.conversation_id === 0 || event.content === 'new_conversation';
    if (event.content === 'removed_from_conversation' && mine) this.views.delete(event.conversation_id);
    if (mine) void this.sync();
  }

  #take(event: ServerEvent): void {
    const view = this.views.get(event.conversation_id);
    if (view === undefined) return void this.sync();
    view.take(event);
    if (!view.hasGap) return;
    const { seq } = view;
    setTimeout(() => {
      if (this.views.get(event.conversation_id) !== view || view.seq !== seq || !view.hasGap) return;
      this.counts.gaps += 1;
      void this.sync();
    }, HOLE_PATIENCE_MS);
  }

  /** One at a time; a call meanwhile causes one more. */
  async sync(): Promise<void> {
    this.#again = true;
    if (this.#syncing) return;
    this.#syncing = true;
    while (this.#again && !this.#stopped) {
      this.#again = false;
      if (!(await this.#catchUp()) && this.connected) {
        await delay(RETRY_MS);
        this.#again = this.connected;
      }
    }
    this.#syncing = false;
  }

  async #catchUp(): Promise<boolean> {
    for (;;) {
      const asked = new Map(this.views);
      const conversations = Object.fromEntries([...asked].map(([id, { seq }]) => [id, seq]));
      const answer = await this.ask('sync', { conversations });
      if (answer === undefined || !answer.ok) return false;
      this.counts.syncs += 1;
      for (const id of answer.removed_conversations) this.views.delete(id);
      for (const [id, changes] of Object.entries(answer.conversations)) {
        if (this.views.get(Number(id)) !== asked.get(Number(id))) {
          this.#again = true; // removed from it since: the answer continues from what is no longer shown
          continue;
        }
        const view = this.views.get(Number(id)) ?? new View();
        this.views.set(Number(id), view);
        view.catchUp(changes as Answer);
      }
      if (!answer.has_more) break;
    }
    this.caughtUpAt = Date.now();
    return true;
  }
}
