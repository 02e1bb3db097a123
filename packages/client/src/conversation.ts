import { missedEventsOf } from './missed-events.ts';
import { type PublicProfile, withProfile } from './profile-updates.ts';
import type { ConversationSummary, MessageRow, ServerEvents, SyncedConversation } from './protocol.ts';
import { Receipts } from './receipts.ts';
import { Sequence } from './sequence.ts';
import { lastMessageOf, type StoredMessage, storedFromEvent, storedFromRow } from './stored-message.ts';
import { Timeline } from './timeline.ts';

export type SequencedEventName =
  | 'message'
  | 'system_message'
  | 'edited_message'
  | 'deleted_message'
  | 'conversation_update';
/** By how much a change of members changes their number. */
const PARTICIPANT_CHANGE: Readonly<Record<string, number>> = {
  added_to_conversation: 1,
  removed_from_conversation: -1,
};

type Emit = <Name extends keyof ServerEvents>(name: Name, payload: ServerEvents[Name]) => void;
/** The parts of the client that a conversation uses. */
export type ConversationDependencies = {
  /** The user of this client. */
  readonly userId: number;
  emit: Emit;
  changed(): void;
  /** A user's latest username, if it was announced: a delayed event may have an older one. */
  usernameOf(userId: number): string | undefined;
  /** A message of this user was stored. */
  ownMessageStored(message: StoredMessage): void;
  /** Something is missing or uncertain: schedules a `sync`. */
  requestSync(): void;
  /** Everything up to `seq` has been received. */
  received(seq: number): void;
};

/** The state of a conversation: always a summary, and messages once it was opened. */
export class Conversation {
  readonly id: number;
  readonly sequence: Sequence;
  readonly receipts = new Receipts();
  timeline: Timeline | undefined;
  /** Its `seq` when the last complete synchronization began; see `synchronizer.ts`. */
  baseSeq = -1;
  /** How many receipts have arrived; a `sync` that was in flight meanwhile may not include them. */
  receiptCount = 0;
  /** Its last activity, as milliseconds since 1970. */
  activity: number;
  #summary: ConversationSummary;
  /** The `seq` at which `unread_count` was counted: later changes adjust it. */
  #unreadCountSeq: number;
  #nameSeq: number;
  /** The `seq` of the last change that the summary's last message includes. */
  #lastMessageSeq: number;
  readonly #dependencies: ConversationDependencies;

  constructor(summary: ConversationSummary, activity: number, dependencies: ConversationDependencies) {
    this.id = summary.conversation_id;
    this.#summary = summary;
    this.activity = activity;
    this.#dependencies = dependencies;
    this.#unreadCountSeq = summary.last_seq;
    this.#nameSeq = summary.last_seq;
    this.#lastMessageSeq = summary.last_seq;
    this.sequence = new Sequence(summary.last_seq, dependencies.requestSync);
  }

  get summary(): ConversationSummary {
    return this.#summary;
  }

  open(): Timeline {
    this.timeline ??= new Timeline();
    return this.timeline;
  }

  /** Applies a live event, or a result with the same content. */
  receive<Name extends SequencedEventName>(name: Name, event: ServerEvents[Name]): void {
    this.sequence.receive(event.seq, name, () => {
      this.#apply(name, event as never);
      this.#dependencies.emit(name, event);
    });
    this.#dependencies.received(this.sequence.seq);
    this.#dependencies.changed();
  }

  /** Applies the parts of a listed summary that no event carries. */
  applySummary(summary: ConversationSummary): void {
    const { name, last_seq, profile_picture, other_user_online, other_user, participant_count } = summary;
    const known = this.#summary.other_user;
    // the presence of the other user is tracked more precisely in `presence-store.ts`
    if (known !== undefined && other_user !== undefined) {
      this.applyProfile(other_user);
      this.#update({ name });
    } else {
      this.#update({ profile_picture, other_user_online });
      if (last_seq >= this.sequence.seq) this.#update({ participant_count });
      if (last_seq >= this.#nameSeq) this.#rename(name, last_seq);
    }
  }

  /** Replaces a user's name and picture wherever the conversation shows them. */
  applyProfile(profile: PublicProfile): void {
    const summary = withProfile(this.#summary, profile, this.#dependencies.userId);
    const renamed = this.timeline?.renameSender(profile.id, profile.username) === true;
    if (summary === this.#summary && !renamed) return;
    this.#summary = summary;
    this.#dependencies.changed();
  }

  setOtherOnline(online: boolean, lastSeen: string | null): void {
    const { other_user, other_user_online } = this.#summary;
    const last_seen = lastSeen ?? other_user?.last_seen;
    if (other_user === undefined || last_seen === undefined) return;
    if (online === other_user_online && last_seen === other_user.last_seen) return;
    this.#update({ other_user_online: online, other_user: { ...other_user, last_seen } });
    this.#dependencies.changed();
  }

  /**
   * Applies the changes that `sync` returned.
   * @param countBefore `receiptCount` when the request was sent
   */
  applySync(changes: SyncedConversation, countBefore: number): void {
    const before = changes.reset ? changes.seq : this.sequence.seq;
    if (changes.reset) this.#reset(changes.messages);
    for (const row of changes.messages) this.#applyRow(row, before);
    this.timeline?.renameSenders(changes.messages.map(storedFromRow));
    for (const update of changes.updates) {
      if (update.name !== undefined && update.seq >= this.#nameSeq) this.#rename(update.name, update.seq);
      if (update.seq <= before) continue;
      if (!changes.reset) this.#countParticipants(update.content);
      this.#dependencies.emit('conversation_update', update);
    }
    this.receipts.applySync(changes);
    this.#unreadCountSeq = Math.max(changes.last_seq, changes.seq);
    const last_seq = changes.reset ? this.#unreadCountSeq : Math.max(this.#unreadCountSeq, this.#summary.last_seq);
    this.#update({ unread_count: changes.unread_count, last_seq });
    const stale = this.sequence.seq > this.#unreadCountSeq || this.receiptCount !== countBefore;
    if (changes.reset) this.sequence.restart(changes.seq);
    else this.sequence.advance(changes.seq);
    if (stale) this.#dependencies.requestSync();
    this.#dependencies.changed();
  }

  /** This user has read messages, on this or another device. */
  readByMe(ids: readonly number[]): void {
    this.receiptCount += 1;
    for (const id of ids) {
      const message = this.timeline?.get(id);
      // a `sync` result may include this read without including it in the unread count
      if (message === undefined || this.receipts.statusOf(message, this.#dependencies.userId) === 'read')
        this.#dependencies.requestSync();
      else if (this.#countsAsUnread(message)) this.#count(-1);
      this.timeline?.raiseStatus(id, 'read');
    }
    this.#dependencies.changed();
  }

  /**
   * Another participant has read messages. In a private conversation that is all others; in a group only `sync` knows.
   */
  readByOther(ids: readonly number[]): void {
    if (this.timeline === undefined) return;
    this.receiptCount += 1;
    const { userId } = this.#dependencies;
    const changesStatus = (id: number) => {
      const message = this.timeline?.get(id);
      return message?.senderId === userId && this.receipts.statusOf(message, userId) !== 'read';
    };
    if (!this.#summary.is_group) for (const id of ids) this.timeline.raiseStatus(id, 'read');
    else if (this.timeline.isLoading || ids.some(changesStatus)) this.#dependencies.requestSync();
    this.#dependencies.changed();
  }

  /** Another participant has received everything up to `seq`. */
  deliveredToOther(seq: number): void {
    if (this.timeline === undefined) return;
    this.receiptCount += 1;
    const { userId } = this.#dependencies;
    const changesStatus = (message: StoredMessage) =>
      message.seq <= seq && message.senderId === userId && this.receipts.statusOf(message, userId) === 'sent';
    if (!this.#summary.is_group) this.receipts.deliveredUpTo(seq);
    else if (this.timeline.isLoading || this.timeline.messages.some(changesStatus)) this.#dependencies.requestSync();
    this.#dependencies.changed();
  }

  #apply<Name extends SequencedEventName>(name: Name, event: ServerEvents[Name]): void {
    const { userId } = this.#dependencies;
    if (name === 'message' || name === 'system_message') {
      const kind = name === 'message' ? 'message' : 'system';
      const received = event as ServerEvents['message'];
      const sender_username = this.#dependencies.usernameOf(received.sender_id) ?? received.sender_username;
      const message = storedFromEvent({ ...received, sender_username }, kind, userId);
      this.#storeMessage(message);
      if (this.#countsAsUnread(message) && message.seq > this.#unreadCountSeq) this.#count(1);
    } else if (name === 'edited_message') {
      const { message_id: id, seq, content, edited_at: editedAt } = event as ServerEvents['edited_message'];
      this.timeline?.update(id, seq, { content, editedAt });
      this.#changeLast(id, seq, { content });
    } else if (name === 'deleted_message') this.#delete(event as ServerEvents['deleted_message']);
    else {
      const { content, name: newName } = event as ServerEvents['conversation_update'];
      this.#countParticipants(content);
      if (newName !== undefined && event.seq >= this.#nameSeq) this.#rename(newName, event.seq);
    }
    this.#update({ last_seq: Math.max(this.#summary.last_seq, event.seq) });
  }

  #delete({ message_id: id, seq }: ServerEvents['deleted_message']): void {
    const message = this.timeline?.get(id);
    if (seq > this.#unreadCountSeq) {
      if (message === undefined)
        this.#dependencies.requestSync(); // its read state is not known here
      else if (this.#countsAsUnread(message) && this.receipts.statusOf(message, this.#dependencies.userId) !== 'read')
        this.#count(-1);
    }
    this.timeline?.update(id, seq, { content: '', deleted: true });
    this.#changeLast(id, seq, { content: '', deleted: true });
  }

  /** Discards the messages: the gap was too long to be replayed. */
  #reset(rows: readonly MessageRow[]): void {
    this.timeline?.reset(rows.map(storedFromRow));
    this.#lastMessageSeq = 0;
    this.#update({ last_message: null });
  }

  #applyRow(row: MessageRow, before: number): void {
    const message = storedFromRow(row);
    this.#storeMessage(message);
    if (row.changed_seq > before)
      for (const [name, event] of missedEventsOf(row, before)) this.#dependencies.emit(name, event as never);
  }

  #storeMessage(message: StoredMessage): void {
    this.timeline?.upsert(message);
    this.#showLast(message);
    if (message.senderId === this.#dependencies.userId) this.#dependencies.ownMessageStored(message);
  }

  #countsAsUnread({ senderId, kind, deleted }: StoredMessage): boolean {
    return senderId !== this.#dependencies.userId && kind === 'message' && !deleted;
  }

  #count(by: number): void {
    this.#update({ unread_count: Math.max(0, this.#summary.unread_count + by) });
  }

  #countParticipants(update: string): void {
    const change = PARTICIPANT_CHANGE[update];
    if (change !== undefined) this.#update({ participant_count: this.#summary.participant_count + change });
  }

  #rename(name: string, seq: number): void {
    this.#nameSeq = seq;
    this.#update({ name });
  }

  #showLast(message: StoredMessage): void {
    const { last_message } = this.#summary;
    if (message.seq < (last_message?.seq ?? 0)) return;
    if (message.id === last_message?.message_id && message.changed < this.#lastMessageSeq) return;
    this.#lastMessageSeq = message.changed;
    this.activity = Math.max(this.activity, Date.parse(message.createdAt));
    this.#update({
      last_seq: Math.max(this.#summary.last_seq, message.changed),
      last_message: lastMessageOf(message),
    });
  }

  #changeLast(id: number, seq: number, change: { content: string; deleted?: boolean }): void {
    const { last_message } = this.#summary;
    if (last_message?.message_id !== id || seq < this.#lastMessageSeq) return;
    this.#lastMessageSeq = seq;
    this.#update({ last_message: { ...last_message, ...change } });
  }

  #update(change: Partial<ConversationSummary>): void {
    this.#summary = { ...this.#summary, ...change };
  }
}
