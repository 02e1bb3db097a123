import type { CatchingUp } from './catching-up.ts';
import { ChatClientError } from './chat-client-error.ts';
import type { Connection } from './connection.ts';
import type { Conversations } from './conversations.ts';
import { keptOfRow } from './kept-message.ts';
import type { MessageRow } from './protocol.ts';

type Around = {
  connection: Connection;
  known: Conversations;
  catching: CatchingUp;
  /** These came. */
  loaded(rows: readonly MessageRow[]): void;
  changed(conversationId: number): void;
};

const PAGE = 50;
const RETRY_MS = 1_000;

/** Loads the messages of open conversations, a page at a time. */
export class Loading {
  readonly #around: Around;
  readonly #pages = new Map<number, Promise<boolean>>();
  readonly #trying = new Set<number>();

  constructor(around: Around) {
    this.#around = around;
  }

  /** The newest messages, unless they are here; tries until they are, while there is a connection. */
  async newest(id: number): Promise<void> {
    if (this.#trying.has(id)) return;
    this.#trying.add(id);
    try {
      while (this.#isWanted(id)) await this.#attempt(id);
    } finally {
      this.#trying.delete(id);
    }
  }

  /** A page of older messages; who asks while one is on its way gets that. @returns whether there are more */
  older(id: number): Promise<boolean> {
    const page = this.#pages.get(id) ?? this.#load(id).finally(() => this.#pages.delete(id));
    this.#pages.set(id, page);
    return page;
  }

  async #attempt(id: number): Promise<void> {
    try {
      await this.older(id);
    } catch (error) {
      if (!(error instanceof ChatClientError)) throw error;
      // refused, too late or cut off
      await new Promise((resolve) => setTimeout(resolve, Math.max(RETRY_MS, (error.retryAfter ?? 0) * 1_000)));
    }
  }

  #isWanted(id: number): boolean {
    const { connection, known } = this.#around;
    return connection.isOnline && !known.isGone(id) && known.get(id)?.timeline?.isLoaded !== true;
  }

  async #load(id: number): Promise<boolean> {
    const { catching, known, connection, changed, loaded } = this.#around;
    if (!(await catching.find(id))) known.notThere(id);
    const timeline = known.get(id)?.open();
    changed(id);
    if (timeline?.hasOlder !== true) return false;
    const [oldest] = timeline.isLoaded ? timeline.messages : [];
    const take = timeline.expectPage();
    try {
      const before = oldest === undefined ? {} : { before: oldest.id };
      const { messages } = await connection.ask('list_messages', { conversation_id: id, limit: PAGE, ...before });
      take({ messages: messages.map(keptOfRow), hasOlder: messages.length === PAGE });
      loaded(messages);
    } finally {
      take();
      changed(id);
    }
    return timeline.hasOlder;
  }
}
