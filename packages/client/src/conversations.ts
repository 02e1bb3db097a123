import { Conversation, type ConversationDependencies, type SequencedEventName } from './conversation.ts';
import type { Presence } from './presence-store.ts';
import type { PublicProfile } from './profile-updates.ts';
import type { ConversationSummary, ServerEvents } from './protocol.ts';
import { DerivedStore } from './store.ts';

type BufferedEvent = { name: SequencedEventName; event: ServerEvents[SequencedEventName] };

/** Events of unknown conversations are buffered until they are listed: the newest ones, up to this many. */
const MAX_BUFFERED_EVENTS = 500;

/** The conversations that are known, and the memberships that ended. */
export class Conversations {
  /** Newest activity first. */
  readonly sorted = new DerivedStore<readonly ConversationSummary[]>(() => this.#sort());
  readonly #dependenciesOf: (id: number) => ConversationDependencies;
  readonly #changed: (id: number) => void;
  readonly #listed: (summary: ConversationSummary, askedAt: number) => void;
  readonly #all = new Map<number, Conversation>();
  /** The `seq` of each removal from a conversation: a list with a lower one is older. */
  readonly #removals = new Map<number, number>();
  /** Private conversations by the id of the other user. */
  readonly #private = new Map<number, Conversation>();
  readonly #gone = new Set<number>();
  readonly #bufferedEvents: (BufferedEvent & { id: number })[] = [];
  #membershipChanges = new Set<number>();

  constructor(
    dependenciesOf: (id: number) => ConversationDependencies,
    changed: (id: number) => void,
    listed: (summary: ConversationSummary, askedAt: number) => void,
  ) {
    this.#dependenciesOf = dependenciesOf;
    this.#changed = changed;
    this.#listed = listed;
  }

  all(): Conversation[] {
    return [...this.#all.values()];
  }

  get(id: number): Conversation | undefined {
    return this.#all.get(id);
  }

  has(id: number): boolean {
    return this.#all.has(id);
  }

  /** Whether this user is known not to be a participant. */
  isGone(id: number): boolean {
    return this.#gone.has(id);
  }

  /** Records that a conversation was searched for and not found. */
  markGone(id: number): void {
    if (!this.#all.has(id)) this.#gone.add(id);
  }

  /** False for a removed conversation, even if it was added again since. */
  isCurrent(conversation: Conversation): boolean {
    return this.#all.get(conversation.id) === conversation;
  }

  /** Applies a page of the list. @param askedAt by `performance.now()` */
  applyList(summaries: readonly ConversationSummary[], askedAt: number): void {
    let activity = 0;
    for (const summary of summaries.toReversed()) {
      const { conversation_id: id, last_message } = summary;
      // the list is ordered by activity: without a message, it has that of the conversation after it
      activity = last_message === null ? activity : Date.parse(last_message.created_at);
      const known = this.#all.get(id);
      if (known !== undefined) known.applySummary(summary);
      else if (summary.last_seq >= (this.#removals.get(id) ?? 0)) this.#add(summary, activity);
    }
    for (const summary of summaries) this.#listed(summary, askedAt);
    this.#applyBufferedEvents();
    this.sorted.changed();
  }

  /** Buffers an event of an unknown conversation, which may be listed soon. */
  bufferEvent(name: SequencedEventName, event: ServerEvents[SequencedEventName]): void {
    this.#bufferedEvents.push({ id: event.conversation_id, name, event });
    if (this.#bufferedEvents.length > MAX_BUFFERED_EVENTS) this.#bufferedEvents.shift();
  }

  /** @param seq the `seq` of the removal, if known */
  remove(id: number, seq?: number): void {
    this.#membershipChanges.add(id);
    const conversation = this.#all.get(id);
    if (seq !== undefined) {
      if (seq <= (conversation?.sequence.seq ?? 0)) return; // added again since
      this.#removals.set(id, Math.max(seq, this.#removals.get(id) ?? 0));
    }
    conversation?.sequence.stop();
    this.#all.delete(id);
    this.#gone.add(id);
    this.#changed(id);
    this.sorted.changed();
  }

  /** This user has read messages of any conversations. @returns false if some of them are not loaded */
  readByMe(ids: readonly number[]): boolean {
    const found = this.all().map((conversation) => {
      const own = ids.filter((id) => conversation.timeline?.get(id) !== undefined);
      if (own.length > 0) conversation.readByMe(own);
      return own.length;
    });
    return found.reduce((sum, count) => sum + count, 0) === ids.length;
  }

  applyPresence(userId: number, { online, last_seen }: Presence): void {
    this.#private.get(userId)?.setOtherOnline(online, last_seen);
  }

  /** Replaces a user's name and picture wherever they are shown. */
  applyProfile(profile: PublicProfile): void {
    for (const conversation of this.#all.values()) conversation.applyProfile(profile);
  }

  /** This user was added to the conversation. */
  noteJoined(id: number): void {
    this.#membershipChanges.add(id);
  }

  /** @returns a set that receives the id of each conversation that this user joins or leaves from now on */
  watchMembershipChanges(): ReadonlySet<number> {
    this.#membershipChanges = new Set();
    return this.#membershipChanges;
  }

  clear(): void {
    const all = this.all();
    for (const { id } of all) this.remove(id);
    this.#removals.clear();
    this.#private.clear();
    this.#gone.clear();
    this.#bufferedEvents.length = 0;
    for (const { id } of all) this.#changed(id);
  }

  #add(summary: ConversationSummary, activity: number): void {
    const id = summary.conversation_id;
    const conversation = new Conversation(summary, activity, this.#dependenciesOf(id));
    conversation.baseSeq = summary.last_seq;
    this.#all.set(id, conversation);
    this.#gone.delete(id);
    if (summary.other_user !== undefined) this.#private.set(summary.other_user.id, conversation);
    this.#changed(id);
  }

  #applyBufferedEvents(): void {
    for (const { id, name, event } of this.#bufferedEvents.splice(0)) this.#all.get(id)?.receive(name, event);
  }

  #sort(): readonly ConversationSummary[] {
    const sorted = [...this.#all.values()].sort((a, b) => b.activity - a.activity || b.id - a.id);
    return sorted.map(({ summary }) => summary);
  }
}
