import { type Around, Conversation, type Numbered } from './conversation.ts';
import type { Presence } from './others.ts';
import type { Person } from './people.ts';
import type { ConversationSummary, ServerEvents } from './protocol.ts';
import { Derived } from './readable.ts';

type Stray = { name: Numbered; event: ServerEvents[Numbered] };

/** Events of an unknown conversation are kept until it is listed: so many, the newest. */
const MOST_STRAYS = 500;

/** The conversations that are known, and who comes and goes. */
export class Conversations {
  /** Newest activity first. */
  readonly sorted = new Derived<readonly ConversationSummary[]>(() => this.#sort());
  readonly #around: (id: number) => Around;
  readonly #changed: (id: number) => void;
  readonly #listed: (summary: ConversationSummary, askedAt: number) => void;
  readonly #all = new Map<number, Conversation>();
  /** The numbers of removals from conversations: an answer that knows less is older. */
  readonly #removals = new Map<number, number>();
  /** Private conversations by the other user. */
  readonly #private = new Map<number, Conversation>();
  readonly #gone = new Set<number>();
  readonly #strays: (Stray & { id: number })[] = [];
  #moves = new Set<number>();

  constructor(
    around: (id: number) => Around,
    changed: (id: number) => void,
    listed: (summary: ConversationSummary, askedAt: number) => void,
  ) {
    this.#around = around;
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

  /** Whether this user is not in it, as far as is known. */
  isGone(id: number): boolean {
    return this.#gone.has(id);
  }

  /** It was looked for, and is not there. */
  notThere(id: number): void {
    if (!this.#all.has(id)) this.#gone.add(id);
  }

  /** False for one that was removed, even if another with its id was added since. */
  isCurrent(conversation: Conversation): boolean {
    return this.#all.get(conversation.id) === conversation;
  }

  /** Takes a page of the list. @param askedAt by `performance.now()` */
  list(summaries: readonly ConversationSummary[], askedAt: number): void {
    let activity = 0;
    for (const summary of summaries.toReversed()) {
      const { conversation_id: id, last_message } = summary;
      // without a message it stands where the list has it: after the one before it
      activity = last_message === null ? activity : Date.parse(last_message.created_at);
      const known = this.#all.get(id);
      if (known !== undefined) known.refresh(summary);
      else if (summary.last_seq >= (this.#removals.get(id) ?? 0)) this.#add(summary, activity);
    }
    for (const summary of summaries) this.#listed(summary, askedAt);
    this.#takeStrays();
    this.sorted.changed();
  }

  /** Keeps an event of a conversation that is not known, in case it is about to be. */
  stray(name: Numbered, event: ServerEvents[Numbered]): void {
    this.#strays.push({ id: event.conversation_id, name, event });
    if (this.#strays.length > MOST_STRAYS) this.#strays.shift();
  }

  /** @param seq the number of the removal, if it is known */
  remove(id: number, seq?: number): void {
    this.#moves.add(id);
    const conversation = this.#all.get(id);
    if (seq !== undefined) {
      if (seq <= (conversation?.sequence.seq ?? 0)) return; // in again since
      this.#removals.set(id, Math.max(seq, this.#removals.get(id) ?? 0));
    }
    conversation?.sequence.stop();
    this.#all.delete(id);
    this.#gone.add(id);
    this.#changed(id);
    this.sorted.changed();
  }

  /** This user has read messages of any conversations. @returns false if some of them are not loaded here */
  readByMe(ids: readonly number[]): boolean {
    const found = this.all().map((conversation) => {
      const own = ids.filter((id) => conversation.timeline?.get(id) !== undefined);
      if (own.length > 0) conversation.readByMe(own);
      return own.length;
    });
    return found.reduce((sum, count) => sum + count, 0) === ids.length;
  }

  showPresence(userId: number, { online, last_seen }: Presence): void {
    this.#private.get(userId)?.setOtherOnline(online, last_seen);
  }

  /** Replaces a user's name and picture wherever they are shown. */
  showPerson(person: Person): void {
    for (const conversation of this.#all.values()) conversation.showPerson(person);
  }

  /** Somebody put this user into the conversation. */
  joined(id: number): void {
    this.#moves.add(id);
  }

  /** @returns a set that is told of each conversation into or out of which this user comes from now on */
  watchMoves(): ReadonlySet<number> {
    this.#moves = new Set();
    return this.#moves;
  }

  clear(): void {
    for (const id of this.#all.keys()) this.remove(id);
    this.#removals.clear();
    this.#private.clear();
    this.#gone.clear();
    this.#strays.length = 0;
  }

  #add(summary: ConversationSummary, activity: number): void {
    const id = summary.conversation_id;
    const conversation = new Conversation(summary, activity, this.#around(id));
    conversation.baseSeq = summary.last_seq;
    this.#all.set(id, conversation);
    this.#gone.delete(id);
    if (summary.other_user !== undefined) this.#private.set(summary.other_user.id, conversation);
    this.#changed(id);
  }

  #takeStrays(): void {
    for (const { id, name, event } of this.#strays.splice(0)) this.#all.get(id)?.take(name, event);
  }

  #sort(): readonly ConversationSummary[] {
    const sorted = [...this.#all.values()].sort((a, b) => b.activity - a.activity || b.id - a.id);
    return sorted.map(({ summary }) => summary);
  }
}
