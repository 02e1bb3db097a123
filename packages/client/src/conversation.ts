import { type KeptMessage, keptOfEvent, keptOfRow, lastMessageOf } from './kept-message.ts';
import { eventsOf } from './missed-events.ts';
import { type Person, withPerson } from './people.ts';
import type { CaughtUp, ConversationSummary, MessageRow, ServerEvents } from './protocol.ts';
import { Receipts } from './receipts.ts';
import { Sequence } from './sequence.ts';
import { Timeline } from './timeline.ts';

export type Numbered = 'message' | 'system_message' | 'edited_message' | 'deleted_message' | 'conversation_update';
type Emit = <Name extends keyof ServerEvents>(name: Name, payload: ServerEvents[Name]) => void;
/** What a conversation needs of the client around it. */
export type Around = {
  /** Who looks at it. */
  readonly userId: number;
  emit: Emit;
  changed(): void;
  /** A user's latest username, if it was announced: an event that was delayed may bear an older one. */
  usernameOf(userId: number): string | undefined;
  /** One's own message is here. */
  kept(message: KeptMessage): void;
  /** Something of it is missing or uncertain: `sync` is to tell it. */
  missed(): void;
  /** Everything up to `seq` is here. */
  received(seq: number): void;
};

/** A conversation as it stands: a summary always, messages once somebody has opened it. */
export class Conversation {
  readonly id: number;
  readonly sequence: Sequence;
  readonly receipts = new Receipts();
  timeline: Timeline | undefined;
  /** Its newest number when the last complete catching up began; see `catching-up.ts`. */
  baseSeq = -1;
  /** How often somebody has read or confirmed something of it; an answer that was under way meanwhile may not know it. */
  reads = 0;
  /** When something last happened in it, as milliseconds since 1970. */
  activity: number;
  #summary: ConversationSummary;
  /** The number as of which `unread_count` was counted: later changes change it. */
  #countedSeq: number;
  #namedSeq: number;
  /** The number as of which the summary shows its last message. */
  #lastChanged: number;
  readonly #around: Around;

  constructor(summary: ConversationSummary, activity: number, around: Around) {
    this.id = summary.conversation_id;
    this.#summary = summary;
    this.activity = activity;
    this.#around = around;
    this.#countedSeq = summary.last_seq;
    this.#namedSeq = summary.last_seq;
    this.#lastChanged = summary.last_seq;
    this.sequence = new Sequence(summary.last_seq, around.missed);
  }

  get summary(): ConversationSummary {
    return this.#summary;
  }

  open(): Timeline {
    this.timeline ??= new Timeline();
    return this.timeline;
  }

  /** A live event, or an answer that tells the same. */
  take<Name extends Numbered>(name: Name, event: ServerEvents[Name]): void {
    this.sequence.take(event.seq, name, () => {
      this.#apply(name, event as never);
      this.#around.emit(name, event);
    });
    this.#around.received(this.sequence.seq);
    this.#around.changed();
  }

  /** What a list says of it that no event tells. */
  refresh({ name, last_seq, profile_picture, other_user_online, other_user }: ConversationSummary): void {
    const known = this.#summary.other_user;
    // whether the other of two is online is told more exactly: see `others.ts`
    if (known !== undefined && other_user !== undefined) {
      this.showPerson(other_user);
      this.#update({ name });
    } else {
      this.#update({ profile_picture, other_user_online });
      if (last_seq >= this.#namedSeq) this.#rename(name, last_seq);
    }
  }

  /** Replaces a user's name and picture wherever they are shown in it. */
  showPerson(person: Person): void {
    const summary = withPerson(this.#summary, person, this.#around.userId);
    const renamed = this.timeline?.rename(person.id, person.username) === true;
    if (summary === this.#summary && !renamed) return;
    this.#summary = summary;
    this.#around.changed();
  }

  setOtherOnline(online: boolean, lastSeen: string | null): void {
    const { other_user, other_user_online } = this.#summary;
    const last_seen = lastSeen ?? other_user?.last_seen;
    if (other_user === undefined || last_seen === undefined) return;
    if (online === other_user_online && last_seen === other_user.last_seen) return;
    this.#update({ other_user_online: online, other_user: { ...other_user, last_seen } });
    this.#around.changed();
  }

  /**
   * What `sync` tells of it.
   * @param readsBefore `reads` when it was asked
   */
  catchUp(caught: CaughtUp, readsBefore: number): void {
    const before = caught.reset ? caught.seq : this.sequence.seq;
    if (caught.reset) this.#reset(caught.messages);
    for (const row of caught.messages) this.#takeRow(row, before);
    this.timeline?.renameSenders(caught.messages.map(keptOfRow));
    for (const update of caught.updates) {
      if (update.name !== undefined && update.seq >= this.#namedSeq) this.#rename(update.name, update.seq);
      if (update.seq > before) this.#around.emit('conversation_update', update);
    }
    this.receipts.take(caught);
    this.#countedSeq = Math.max(caught.last_seq, caught.seq);
    const last_seq = caught.reset ? this.#countedSeq : Math.max(this.#countedSeq, this.#summary.last_seq);
    this.#update({ unread_count: caught.unread_count, last_seq });
    const stale = this.sequence.seq > this.#countedSeq || this.reads !== readsBefore;
    if (caught.reset) this.sequence.restart(caught.seq);
    else this.sequence.advance(caught.seq);
    if (stale) this.#around.missed();
    this.#around.changed();
  }

  /** One's own reading, acknowledged or heard of from elsewhere. */
  readByMe(ids: readonly number[]): void {
    this.reads += 1;
    for (const id of ids) {
      const message = this.timeline?.get(id);
      // one that is read already may be read in the answer that told so, and not yet in its count
      if (message === undefined || this.receipts.statusOf(message, this.#around.userId) === 'read')
        this.#around.missed();
      else if (this.#countsAsUnread(message)) this.#count(-1);
      this.timeline?.raise(id, 'read');
    }
    this.#around.changed();
  }

  /** Somebody else has read messages: of one other that is all others, of several `sync` knows. */
  readByOther(ids: readonly number[]): void {
    if (this.timeline === undefined) return;
    this.reads += 1;
    const { userId } = this.#around;
    const isNews = (id: number) => {
      const message = this.timeline?.get(id);
      return message?.senderId === userId && this.receipts.statusOf(message, userId) !== 'read';
    };
    if (!this.#summary.is_group) for (const id of ids) this.timeline.raise(id, 'read');
    else if (this.timeline.isLoading || ids.some(isNews)) this.#around.missed();
    this.#around.changed();
  }

  /** Somebody else has confirmed everything up to `seq`. */
  deliveredToOther(seq: number): void {
    if (this.timeline === undefined) return;
    this.reads += 1;
    const { userId } = this.#around;
    const isNews = (message: KeptMessage) =>
      message.seq <= seq && message.senderId === userId && this.receipts.statusOf(message, userId) === 'sent';
    if (!this.#summary.is_group) this.receipts.delivered(seq);
    else if (this.timeline.isLoading || this.timeline.messages.some(isNews)) this.#around.missed();
    this.#around.changed();
  }

  #apply<Name extends Numbered>(name: Name, event: ServerEvents[Name]): void {
    const { userId } = this.#around;
    if (name === 'message' || name === 'system_message') {
      const kind = name === 'message' ? 'message' : 'system';
      const told = event as ServerEvents['message'];
      const sender_username = this.#around.usernameOf(told.sender_id) ?? told.sender_username;
      const message = keptOfEvent({ ...told, sender_username }, kind, userId);
      this.#keep(message);
      if (this.#countsAsUnread(message) && message.seq > this.#countedSeq) this.#count(1);
    } else if (name === 'edited_message') {
      const { message_id: id, seq, content, edited_at: editedAt } = event as ServerEvents['edited_message'];
      this.timeline?.change(id, seq, { content, editedAt });
      this.#changeLast(id, seq, { content });
    } else if (name === 'deleted_message') this.#delete(event as ServerEvents['deleted_message']);
    else if ((event as { name?: string }).name !== undefined && event.seq >= this.#namedSeq)
      this.#rename((event as { name: string }).name, event.seq);
    this.#update({ last_seq: Math.max(this.#summary.last_seq, event.seq) });
  }

  #delete({ message_id: id, seq }: ServerEvents['deleted_message']): void {
    const message = this.timeline?.get(id);
    if (seq > this.#countedSeq) {
      if (message === undefined)
        this.#around.missed(); // whether it was read is not known here
      else if (this.#countsAsUnread(message) && this.receipts.statusOf(message, this.#around.userId) !== 'read')
        this.#count(-1);
    }
    this.timeline?.change(id, seq, { content: '', deleted: true });
    this.#changeLast(id, seq, { content: '', deleted: true });
  }

  /** What was known is no base any more. */
  #reset(rows: readonly MessageRow[]): void {
    this.timeline?.reset(rows.map(keptOfRow));
    this.#lastChanged = 0;
    this.#update({ last_message: null });
  }

  #takeRow(row: MessageRow, before: number): void {
    const message = keptOfRow(row);
    this.#keep(message);
    if (row.changed_seq > before)
      for (const [name, event] of eventsOf(row, before)) this.#around.emit(name, event as never);
  }

  #keep(message: KeptMessage): void {
    this.timeline?.keep(message);
    this.#showLast(message);
    if (message.senderId === this.#around.userId) this.#around.kept(message);
  }

  #countsAsUnread({ senderId, kind, deleted }: KeptMessage): boolean {
    return senderId !== this.#around.userId && kind === 'message' && !deleted;
  }

  #count(by: number): void {
    this.#update({ unread_count: Math.max(0, this.#summary.unread_count + by) });
  }

  #rename(name: string, seq: number): void {
    this.#namedSeq = seq;
    this.#update({ name });
  }

  #showLast(message: KeptMessage): void {
    const { last_message } = this.#summary;
    if (message.seq < (last_message?.seq ?? 0)) return;
    if (message.id === last_message?.message_id && message.changed < this.#lastChanged) return;
    this.#lastChanged = message.changed;
    this.activity = Math.max(this.activity, Date.parse(message.createdAt));
    this.#update({
      last_seq: Math.max(this.#summary.last_seq, message.changed),
      last_message: lastMessageOf(message),
    });
  }

  #changeLast(id: number, seq: number, change: { content: string; deleted?: boolean }): void {
    const { last_message } = this.#summary;
    if (last_message?.message_id !== id || seq < this.#lastChanged) return;
    this.#lastChanged = seq;
    this.#update({ last_message: { ...last_message, ...change } });
  }

  #update(change: Partial<ConversationSummary>): void {
    this.#summary = { ...this.#summary, ...change };
  }
}
