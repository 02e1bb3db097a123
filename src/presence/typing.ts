import type { Broker } from '../broker/broker.ts';
import type { Participation } from '../conversations/participation.ts';
import type { Effect } from '../delivery/effects.ts';
import { timeOf } from '../time.ts';

export type Typist = Pick<Participation, 'conversationId' | 'userId' | 'username' | 'removalSeq'>;

/**
 * Typing indicators: leases that end with a `typing_stop` when they are not renewed. The node through which a lease was
 * last renewed ends it. If that node fails first, no event is sent: clients go by `expires_at`.
 */
export class Typing {
  readonly #broker: Broker;
  readonly #now: () => number;
  readonly #ttlMs: number;
  readonly #running = new Map<string, NodeJS.Timeout>();

  /**
   * @param now milliseconds since 1970
   * @param ttlMs after which an indicator expires unless it is renewed
   */
  constructor(broker: Broker, now: () => number, ttlMs: number) {
    this.#broker = broker;
    this.#now = now;
    this.#ttlMs = ttlMs;
    broker.subscribe({
      effectsElsewhere: (effects) => {
        if (this.#running.size > 0) this.#forgetRenewedElsewhere(effects);
      },
    });
  }

  /** @returns when it expires */
  start(typist: Typist): string {
    const key = keyOf(typist);
    clearTimeout(this.#running.get(key));
    this.#running.set(key, setTimeout(() => this.stop(typist), this.#ttlMs).unref());
    const expiresAt = timeOf(this.#now() + this.#ttlMs);
    this.#publish('typing_start', typist, expiresAt);
    return expiresAt;
  }

  stop(typist: Typist): void {
    this.#forget(keyOf(typist));
    this.#publish('typing_stop', typist, timeOf(this.#now()));
  }

  close(): void {
    for (const timer of this.#running.values()) clearTimeout(timer);
    this.#running.clear();
  }

  /** A lease that was renewed or ended through another node does not end here. */
  #forgetRenewedElsewhere(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind !== 'emit') continue;
      const { type, payload } = effect.event;
      if (type !== 'typing_start' && type !== 'typing_stop') continue;
      this.#forget(keyOf({ conversationId: payload.conversation_id, userId: payload.sender_id }));
    }
  }

  #forget(key: string): void {
    clearTimeout(this.#running.get(key));
    this.#running.delete(key);
  }

  #publish(type: 'typing_start' | 'typing_stop', typist: Typist, expiresAt: string): void {
    const { conversationId, userId, username, removalSeq } = typist;
    const payload = {
      conversation_id: conversationId,
      sender_id: userId,
      sender_username: username,
      expires_at: expiresAt,
    };
    const to = { room: { id: conversationId, removalSeq }, exceptUser: userId };
    void this.#broker.publish([{ kind: 'emit', to, event: { type, payload } }]);
  }
}

const keyOf = ({ conversationId, userId }: Pick<Typist, 'conversationId' | 'userId'>) => `${conversationId}:${userId}`;
