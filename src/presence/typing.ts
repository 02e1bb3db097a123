import { object } from 'yup';
import type { Change } from '../conversations/group-commit.ts';
import { type Participation, Participations } from '../conversations/participation.ts';
import type { Deliver, Effect } from '../effects.ts';
import { ChatError } from '../errors.ts';
import { idOfConversation } from '../inputs.ts';
import { operation, type Result } from '../operation.ts';
import { timeOf } from '../time.ts';

/** A typing indicator runs out after this long unless it is renewed. */
const TYPING_TTL_MS = 6_000;

type Typist = Pick<Participation, 'conversationId' | 'userId' | 'username' | 'removalSeq'>;

/** Tells the others that the caller is typing; it runs out by itself. */
export const startTyping = operation({
  input: object({ conversation_id: idOfConversation() }),
  run: ({ conversation_id: conversationId }, { userId }, { changes, typing }) =>
    changes.submit(indicating, {
      conversationId,
      userId,
      indicate: (typist) => ({ expires_at: typing.start(typist) }),
    }),
});

/** Tells the others that the caller has stopped typing. */
export const stopTyping = operation({
  input: object({ conversation_id: idOfConversation() }),
  run: ({ conversation_id: conversationId }, { userId }, { changes, typing }) =>
    changes.submit(indicating, {
      conversationId,
      userId,
      indicate(typist) {
        typing.stop(typist);
        return {};
      },
    }),
});

type Indication = Pick<Typist, 'conversationId' | 'userId'> & { indicate(typist: Typist): Result };

/** Changes no row, but stands in the writer's queue: it is told in its place among what its connection changes. */
const indicating: Change<Indication, Result> = {
  commutesWithSends: true,
  async run(batch, items) {
    const typists = await Participations.find(batch, items);
    return items.map(({ conversationId, userId, indicate }) => {
      const typist = typists.get(conversationId, userId);
      if (typist === undefined) return { refused: new ChatError('not_participant') };
      return () => ({ answer: indicate(typist) });
    });
  },
};

/**
 * Who is typing where: leases that end with a `typing_stop` when they are not renewed. The node through which a lease was
 * renewed last ends it. If that node dies before, nobody says so: clients go by the `expires_at` that they were told.
 */
export class Typing {
  readonly #deliver: Deliver;
  readonly #running = new Map<string, NodeJS.Timeout>();

  constructor(deliver: Deliver) {
    this.#deliver = deliver;
  }

  /** @returns when it runs out */
  start(typist: Typist): string {
    const key = keyOf(typist);
    clearTimeout(this.#running.get(key));
    this.#running.set(key, setTimeout(() => this.stop(typist), TYPING_TTL_MS).unref());
    const expiresAt = timeOf(Date.now() + TYPING_TTL_MS);
    this.#tell('typing_start', typist, expiresAt);
    return expiresAt;
  }

  stop(typist: Typist): void {
    this.#forget(keyOf(typist));
    this.#tell('typing_stop', typist, timeOf(Date.now()));
  }

  /** To be called with what other nodes deliver: a lease that was renewed or ended there does not end here. */
  heardElsewhere(effects: readonly Effect[]): void {
    if (this.#running.size === 0) return;
    for (const effect of effects) {
      if (effect.kind !== 'emit') continue;
      const { type, payload } = effect.event;
      if (type !== 'typing_start' && type !== 'typing_stop') continue;
      this.#forget(keyOf({ conversationId: payload.conversation_id, userId: payload.sender_id }));
    }
  }

  close(): void {
    for (const timer of this.#running.values()) clearTimeout(timer);
    this.#running.clear();
  }

  #forget(key: string): void {
    clearTimeout(this.#running.get(key));
    this.#running.delete(key);
  }

  #tell(type: 'typing_start' | 'typing_stop', typist: Typist, expiresAt: string): void {
    const { conversationId, userId, username, removalSeq } = typist;
    const payload = {
      conversation_id: conversationId,
      sender_id: userId,
      sender_username: username,
      expires_at: expiresAt,
    };
    const to = { room: { id: conversationId, removalSeq }, exceptUser: userId };
    void this.#deliver([{ kind: 'emit', to, event: { type, payload } }]);
  }
}

const keyOf = ({ conversationId, userId }: Pick<Typist, 'conversationId' | 'userId'>) => `${conversationId}:${userId}`;
