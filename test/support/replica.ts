import type { ServerEvent } from './inbox.ts';

/** A message as `list_messages` returns it. */
export type Row = Record<string, unknown> & {
  id: number;
  seq: number;
  sender_id: number;
  type: string;
  deleted: boolean;
  changed_seq: number;
};
type Pair = [from: number, to: number];
type Update = { seq: number; content: string; user_id?: number; name?: string };
/** The changes of one conversation in an answer of `sync`. */
export type SyncChanges = {
  seq: number;
  has_more: boolean;
  reset: boolean;
  messages: Row[];
  updates: Update[];
  unread_count: number;
  read: Pair[];
  others_read: Pair[];
  others_delivered: Pair[];
  others_delivered_seq: number;
};
export type Members = { id: number; is_admin: boolean }[];

/** A client's state of one conversation: everything that the server sent, applied in the order of `seq`. */
export class Replica {
  readonly userId: number;
  /** The last number without a gap before it. */
  seq = 0;
  name: string;
  readonly messages = new Map<number, Row>();
  readonly members = new Map<number, boolean>();
  /** Returned only by `sync`: the read states of the user and of all others together. */
  state: Pick<SyncChanges, 'read' | 'others_read' | 'others_delivered'> | undefined;
  readonly #read: ReadonlySet<number>;
  #early: ServerEvent[] = [];
  #isBetweenPages = false;
  /** Edits and deletions of messages that have not been fetched yet. */
  readonly #patches = new Map<number, ServerEvent>();
  readonly #updates: Update[] = [];

  /** @param read the ids of messages that a live receipt reported as read, which a concurrent `sync` may not contain */
  constructor(userId: number, name: string, read: ReadonlySet<number>) {
    this.userId = userId;
    this.name = name;
    this.#read = read;
  }

  /** The id of the oldest fetched message. */
  get oldest(): number | undefined {
    return [...this.messages.values()].reduce<Row | undefined>(
      (a, b) => (a === undefined || b.seq < a.seq ? b : a),
      undefined,
    )?.id;
  }

  get unread(): number {
    return [...this.messages.values()].filter((row) => this.#isUnread(row)).length;
  }

  get hasGap(): boolean {
    return this.#early.length > 0;
  }

  /** Applies a live event with a number. An early one waits for the missing events. */
  receive(event: ServerEvent): void {
    this.#early.push(event);
    this.#catchUp();
  }

  /** Applies the changes from `sync`, which may be older than events received meanwhile. */
  applySync({ seq, reset, has_more, messages, updates, ...state }: SyncChanges): void {
    this.#isBetweenPages = has_more;
    if (reset) this.messages.clear();
    for (const row of messages) this.keep(row);
    for (const update of updates) if (update.seq > this.seq) this.#update(update);
    this.seq = reset ? seq : Math.max(this.seq, seq);
    this.state = state;
    this.#catchUp();
  }

  /** Stores a fetched row, unless a newer state of it is known. */
  keep(row: Row): void {
    const known = this.messages.get(row.id);
    if (known === undefined || known.changed_seq < row.changed_seq) this.messages.set(row.id, row);
    const patch = this.#patches.get(row.id);
    if (patch !== undefined) this.#patch(patch);
  }

  /** Stores the members from a list that was requested when the conversation was at `since`. */
  keepMembers(members: Members, since: number): void {
    this.members.clear();
    for (const { id, is_admin } of members) this.members.set(id, is_admin);
    for (const update of this.#updates) if (update.seq > since) this.#update(update, false);
  }

  keepName(name: string, since: number): void {
    this.name = this.#updates.findLast((update) => update.seq > since && update.name !== undefined)?.name ?? name;
  }

  status({ seq, sender_id }: Row): string {
    const { read = [], others_read = [], others_delivered = [] } = this.state ?? {};
    if (sender_id !== this.userId) return covers(read, seq) ? 'read' : 'delivered';
    if (covers(others_read, seq)) return 'read';
    return covers(others_delivered, seq) ? 'delivered' : 'sent';
  }

  #isUnread({ id, seq, sender_id, type, deleted }: Row): boolean {
    const isMine = sender_id === this.userId;
    return type === 'message' && !isMine && !deleted && !this.#read.has(id) && !covers(this.state?.read ?? [], seq);
  }

  /**
   * Between two pages of `sync` no live event is applied: an edit of a message in the next page would increase the
   * number, and the page would then not contain the message.
   */
  #catchUp(): void {
    if (this.#isBetweenPages) return;
    for (const event of this.#early.sort((a, b) => a.seq - b.seq)) if (event.seq <= this.seq + 1) this.#apply(event);
    this.#early = this.#early.filter(({ seq }) => seq > this.seq);
  }

  /** A membership or name change has two events with the same number: a message and an update. */
  #apply(event: ServerEvent): void {
    const { type, seq } = event;
    if (seq < this.seq || (seq === this.seq && type !== 'conversation_update')) return;
    this.seq = seq;
    if (type === 'message' || type === 'system_message') this.keep(rowOf(event));
    else if (type === 'conversation_update') this.#update(event as Update & ServerEvent);
    else this.#patch(event);
  }

  #patch(event: ServerEvent): void {
    const row = this.messages.get(event.message_id);
    if (row === undefined) return void this.#patches.set(event.message_id, event);
    if (row.changed_seq >= event.seq) return;
    row.changed_seq = event.seq;
    if (event.type === 'edited_message')
      Object.assign(row, { content: event.content, edited: true, edited_at: event.edited_at });
    else Object.assign(row, { content: '', deleted: true, deleted_at: event.deleted_at });
  }

  #update(update: Update, isNew = true): void {
    const { content, user_id = 0, name } = update;
    if (isNew) this.#updates.push(update);
    if (content === 'added_to_conversation') this.members.set(user_id, false);
    if (content === 'admin_changed') this.members.set(user_id, true);
    if (content === 'removed_from_conversation') this.members.delete(user_id);
    if (content === 'renamed' && name !== undefined) this.name = name;
  }
}

function rowOf({ type, ...payload }: ServerEvent): Row {
  const unchanged = { edited: false, edited_at: null, deleted: false, deleted_at: null };
  return {
    ...payload,
    ...unchanged,
    id: payload.message_id,
    seq: payload.seq,
    sender_id: payload.sender_id,
    changed_seq: payload.seq,
    type: type === 'message' ? 'message' : 'system',
  };
}

const covers = (pairs: readonly Pair[], seq: number) => pairs.some(([from, to]) => from <= seq && seq <= to);
