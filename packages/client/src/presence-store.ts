import { ExpiringMap } from './expiring-map.ts';
import type { ConversationSummary, Participant, ServerEvents } from './protocol.ts';
import { ServerClock } from './server-clock.ts';
import { DerivedStore } from './store.ts';

export type Presence = { readonly online: boolean; readonly last_seen: string | null };
export type Typist = { readonly id: number; readonly username: string };

/** The documented lifetimes: neither a list nor an event is valid for longer. */
const ONLINE_MS = 300_000;
const TYPING_MS = 6_000;

/** The presence and typing of users: the latest known state, until it expires. */
export class PresenceStore {
  readonly byUserId = new DerivedStore<ReadonlyMap<number, Presence>>(() => new Map(this.#presences));
  readonly #presences = new Map<number, Presence>();
  /** When the last event of each user was received, by `performance.now()`. */
  readonly #receivedAt = new Map<number, number>();
  readonly #clock = new ServerClock();
  readonly #online = new ExpiringMap<number, undefined>((userId) => this.#set(userId, false, undefined));
  readonly #typing: ExpiringMap<string, Typist & { conversationId: number }>;
  readonly #typingChanged: (conversationId: number) => void;
  readonly #presenceChanged: (userId: number, presence: Presence) => void;

  constructor(
    typingChanged: (conversationId: number) => void,
    presenceChanged: (userId: number, presence: Presence) => void,
  ) {
    this.#typingChanged = typingChanged;
    this.#presenceChanged = presenceChanged;
    this.#typing = new ExpiringMap((key) => typingChanged(Number(key.split(':')[0])));
  }

  typingIn(conversationId: number): readonly Typist[] {
    const typists = this.#typing.values().filter((each) => each.conversationId === conversationId);
    return typists.map(({ id, username }) => ({ id, username }));
  }

  onPresence({ sender_id, content, last_seen, expires_at }: ServerEvents['presence']): void {
    this.#clock.observe(Date.parse(last_seen));
    this.#receivedAt.set(sender_id, performance.now());
    const left = content === 'online' ? Math.min(this.#clock.until(Date.parse(expires_at)), ONLINE_MS) : 0;
    this.#setFor(sender_id, left, last_seen);
  }

  onTyping(isTyping: boolean, event: ServerEvents['typing_start']): void {
    const { conversation_id: conversationId, sender_id: id, sender_username: username, expires_at } = event;
    const end = Date.parse(expires_at);
    this.#clock.observe(isTyping ? end - TYPING_MS : end);
    if (!isTyping) return this.stoppedTyping(conversationId, id);
    const left = Math.min(this.#clock.until(end), TYPING_MS);
    this.#typing.set(`${conversationId}:${id}`, { conversationId, id, username }, left);
    this.#typingChanged(conversationId);
  }

  /** A user has sent a message or stopped typing. */
  stoppedTyping(conversationId: number, userId: number): void {
    const key = `${conversationId}:${userId}`;
    if (this.#typing.get(key) === undefined) return;
    this.#typing.delete(key);
    this.#typingChanged(conversationId);
  }

  /** A user has changed their name. */
  rename(userId: number, username: string): void {
    for (const { conversationId, id } of this.#typing.values()) {
      if (id !== userId) continue;
      this.#typing.update(`${conversationId}:${id}`, (typist) => ({ ...typist, username }));
      this.#typingChanged(conversationId);
    }
  }

  /** Applies a list's presence of the other user of a private conversation. @param askedAt by `performance.now()` */
  applySummary({ other_user, other_user_online }: ConversationSummary, askedAt: number): void {
    if (other_user === undefined) return;
    const known = this.#presences.get(other_user.id);
    const receivedAt = this.#receivedAt.get(other_user.id) ?? Number.NEGATIVE_INFINITY;
    // an event since the request is newer than the list
    if (known !== undefined && receivedAt >= askedAt) return this.#presenceChanged(other_user.id, known);
    this.#setFor(other_user.id, other_user_online ? ONLINE_MS : 0, other_user.last_seen);
  }

  applyParticipant({ id, online, last_seen }: Participant): void {
    this.#setFor(id, online ? ONLINE_MS : 0, last_seen);
  }

  /** Without a connection no presence is known. */
  forget(): void {
    this.#clock.forget();
    const typed = new Set(this.#typing.values().map(({ conversationId }) => conversationId));
    this.#typing.clear();
    for (const conversationId of typed) this.#typingChanged(conversationId);
    const online = this.#online.keys();
    this.#online.clear();
    for (const userId of online) this.#set(userId, false, undefined);
  }

  #setFor(userId: number, forMs: number, lastSeen: string): void {
    if (forMs > 0) this.#online.set(userId, undefined, forMs);
    else this.#online.delete(userId);
    this.#set(userId, forMs > 0, lastSeen);
  }

  #set(userId: number, online: boolean, lastSeen: string | undefined): void {
    const presence = { online, last_seen: lastSeen ?? this.#presences.get(userId)?.last_seen ?? null };
    this.#presences.set(userId, presence);
    this.byUserId.changed();
    this.#presenceChanged(userId, presence);
  }
}
