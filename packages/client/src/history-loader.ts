import { ChatClientError } from './chat-client-error.ts';
import type { Connection } from './connection.ts';
import type { Conversations } from './conversations.ts';
import type { MessageRow } from './protocol.ts';
import { storedFromRow } from './stored-message.ts';
import type { Synchronizer } from './synchronizer.ts';

type HistoryDependencies = {
  connection: Connection;
  conversations: Conversations;
  synchronizer: Synchronizer;
  /** A page of messages was loaded. */
  loaded(rows: readonly MessageRow[]): void;
  changed(conversationId: number): void;
};

const PAGE = 50;
const RETRY_MS = 1_000;

/** Loads the messages of open conversations, page by page. */
export class HistoryLoader {
  readonly #dependencies: HistoryDependencies;
  readonly #pages = new Map<number, Promise<boolean>>();
  readonly #loading = new Set<number>();

  constructor(dependencies: HistoryDependencies) {
    this.#dependencies = dependencies;
  }

  /** Loads the newest messages unless they are loaded; retries while there is a connection. */
  async loadNewest(id: number): Promise<void> {
    if (this.#loading.has(id)) return;
    this.#loading.add(id);
    try {
      while (this.#isWanted(id)) await this.#attempt(id);
    } finally {
      this.#loading.delete(id);
    }
  }

  /** Loads a page of older messages; concurrent calls share one request. @returns whether there are more */
  loadOlder(id: number): Promise<boolean> {
    const page = this.#pages.get(id) ?? this.#load(id).finally(() => this.#pages.delete(id));
    this.#pages.set(id, page);
    return page;
  }

  async #attempt(id: number): Promise<void> {
    try {
      await this.loadOlder(id);
    } catch (error) {
      if (!(error instanceof ChatClientError)) throw error;
      // refused, timed out or disconnected
      await new Promise((resolve) => setTimeout(resolve, Math.max(RETRY_MS, (error.retryAfter ?? 0) * 1_000)));
    }
  }

  #isWanted(id: number): boolean {
    const { connection, conversations } = this.#dependencies;
    return connection.isOnline && !conversations.isGone(id) && conversations.get(id)?.timeline?.isLoaded !== true;
  }

  async #load(id: number): Promise<boolean> {
    const { synchronizer, conversations, connection, changed, loaded } = this.#dependencies;
    if (!(await synchronizer.find(id))) conversations.markGone(id);
    const timeline = conversations.get(id)?.open();
    changed(id);
    if (timeline?.hasOlder !== true) return false;
    const [oldest] = timeline.isLoaded ? timeline.messages : [];
    const applyPage = timeline.expectPage();
    try {
      const before = oldest === undefined ? {} : { before: oldest.id };
      const { messages } = await connection.ask('list_messages', { conversation_id: id, limit: PAGE, ...before });
      applyPage({ messages: messages.map(storedFromRow), hasOlder: messages.length === PAGE });
      loaded(messages);
    } finally {
      applyPage();
      changed(id);
    }
    return timeline.hasOlder;
  }
}
