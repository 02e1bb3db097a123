import { Leases } from './leases.ts';
import type { ConversationSummary, ServerEvents } from './protocol.ts';
import { Derived } from './readable.ts';
import { ServerClock } from './server-clock.ts';

export type Presence = { readonly online: boolean; readonly last_seen: string | null };
export type Typist = { readonly id: number; readonly username: string };

/** The documented lifetimes: a list or an event vouches for no longer. */
const ONLINE_MS = 300_000;
const TYPING_MS = 6_000;

/** Who is online, and who is typing: the latest that was told, while it lasts. */
export class Others {
  readonly presence = new Derived<ReadonlyMap<number, Presence>>(() => new Map(this.#known));
  readonly #known = new Map<number, Presence>();
  /** When users were last told of, by `performance.now()`. */
  readonly #heardAt = new Map<number, number>();
  readonly #clock = new ServerClock();
  readonly #online = new Leases<number, undefined>((userId) => this.#set(userId, false, undefined));
  readonly #typing: Leases<string, Typist & { conversationId: number }>;
  readonly #typingChanged: (conversationId: number) => void;
  readonly #presenceChanged: (userId: number, presence: Presence) => void;

  constructor(
    typingChanged: (conversationId: number) => void,
    presenceChanged: (userId: number, presence: Presence) => void,
  ) {
    this.#typingChanged = typingChanged;
    this.#presenceChanged = presenceChanged;
    this.#typing = new Leases((key) => typingChanged(Number(key.split(':')[0])));
  }

  typingIn(conversationId: number): readonly Typist[] {
    const typists = this.#typing.values().filter((each) => each.conversationId === conversationId);
    return typists.map(({ id, username }) => ({ id, username }));
  }

  hearPresence({ sender_id, content, last_seen, expires_at }: ServerEvents['presence']): void {
    this.#clock.hear(Date.parse(last_seen));
    this.#heardAt.set(sender_id, performance.now());
    const left = content === 'online' ? Math.min(this.#clock.until(Date.parse(expires_at)), ONLINE_MS) : 0;
    this.#hold(sender_id, left, last_seen);
  }

  hearTyping(isTyping: boolean, event: ServerEvents['typing_start']): void {
    const { conversation_id: conversationId, sender_id: id, sender_username: username, expires_at } = event;
    const end = Date.parse(expires_at);
    this.#clock.hear(isTyping ? end - TYPING_MS : end);
    if (!isTyping) return this.stopped(conversationId, id);
    const left = Math.min(this.#clock.until(end), TYPING_MS);
    this.#typing.hold(`${conversationId}:${id}`, { conversationId, id, username }, left);
    this.#typingChanged(conversationId);
  }

  /** Whoever has sent something is not typing it any more. */
  stopped(conversationId: number, userId: number): void {
    const key = `${conversationId}:${userId}`;
    if (this.#typing.get(key) === undefined) return;
    this.#typing.release(key);
    this.#typingChanged(conversationId);
  }

  /** Somebody has another name now. */
  rename(userId: number, username: string): void {
    for (const { conversationId, id } of this.#typing.values()) {
      if (id !== userId) continue;
      this.#typing.change(`${conversationId}:${id}`, (typist) => ({ ...typist, username }));
      this.#typingChanged(conversationId);
    }
  }

  /** What a list says of the other user of a private conversation. @param askedAt by `performance.now()` */
  list({ other_user, other_user_online }: ConversationSummary, askedAt: number): void {
    if (other_user === undefined) return;
    const known = this.#known.get(other_user.id);
    const heardAt = this.#heardAt.get(other_user.id) ?? Number.NEGATIVE_INFINITY;
    if (known !== undefined && heardAt >= askedAt) return this.#presenceChanged(other_user.id, known); // newer than the list
    this.#hold(other_user.id, other_user_online ? ONLINE_MS : 0, other_user.last_seen);
  }

  person(id: number, online: boolean, lastSeen: string): void {
    this.#hold(id, online ? ONLINE_MS : 0, lastSeen);
  }

  /** Without a connection nobody vouches for anything. */
  forget(): void {
    this.#clock.forget();
    const typed = new Set(this.#typing.values().map(({ conversationId }) => conversationId));
    this.#typing.clear();
    for (const conversationId of typed) this.#typingChanged(conversationId);
    const online = this.#online.keys();
    this.#online.clear();
    for (const userId of online) this.#set(userId, false, undefined);
  }

  #hold(userId: number, forMs: number, lastSeen: string): void {
    if (forMs > 0) this.#online.hold(userId, undefined, forMs);
    else this.#online.release(userId);
    this.#set(userId, forMs > 0, lastSeen);
  }

  #set(userId: number, online: boolean, lastSeen: string | undefined): void {
    const presence = { online, last_seen: lastSeen ?? this.#known.get(userId)?.last_seen ?? null };
    this.#known.set(userId, presence);
    this.presence.changed();
    this.#presenceChanged(userId, presence);
  }
}
