import type { ServerEvent } from './inbox.ts';

/** A message as `list_messages` gives it. */
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
/** What `sync` says of one conversation. */
export type Caught = {
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

/** What a client keeps of one conversation: everything in it is what the server told, applied in the order of `seq`. */
export class Replica {
  readonly userId: number;
  /** The last number up to which nothing is missing. */
  seq = 0;
  name: string;
  readonly messages = new Map<number, Row>();
  readonly members = new Map<number, boolean>();
  /** Told by `sync` alone: the caller's read state and that of all others together. */
  state: Pick<Caught, 'read' | 'others_read' | 'others_delivered'> | undefined;
  readonly #read: ReadonlySet<number>;
  #early: ServerEvent[] = [];
  #isBetweenPages = false;
  /** Edits and deletions of messages that have not been fetched yet. */
  readonly #patches = new Map<number, ServerEvent>();
  readonly #updates: Update[] = [];

  /** @param read the ids of messages that are heard to be read, which no `sync` that is under way need know of */
  constructor(userId: number, name: string, read: ReadonlySet<number>) {
    this.userId = userId;
    this.name = name;
    this.#read = read;
  }

  /** The id of the oldest message that it has. */
  get oldest(): number | undefined {
    return [...this.messages.values()].reduce<Row | undefined>(
      (a, b) => (a === undefined || b.seq < a.seq ? b : a),
      undefined,
    )?.id;
  }

  get unread(): number {
    return [...this.messages.values()].filter((row) => this.#isUnread(row)).length;
  }

  get hasHole(): boolean {
    return this.#early.length > 0;
  }

  /** A live event with a number. What is too early waits for what is missing. */
  hear(event: ServerEvent): void {
    this.#early.push(event);
    this.#catchUp();
  }

  /** Takes in what `sync` says, which may be older than what has been heard meanwhile. */
  catch({ seq, reset, has_more, messages, updates, ...state }: Caught): void {
    this.#isBetweenPages = has_more;
    if (reset) this.messages.clear();
    for (const row of messages) this.keep(row);
    for (const update of updates) if (update.seq > this.seq) this.#update(update);
    this.seq = reset ? seq : Math.max(this.seq, seq);
    this.state = state;
    this.#catchUp();
  }

  /** Keeps a row that was fetched, unless a newer state of it is known. */
  keep(row: Row): void {
    const known = this.messages.get(row.id);
    if (known === undefined || known.changed_seq < row.changed_seq) this.messages.set(row.id, row);
    const patch = this.#patches.get(row.id);
    if (patch !== undefined) this.#patch(patch);
  }

  /** Takes the members from a list that was asked for when the conversation was at `since`. */
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
   * Between two pages of `sync` nothing live is taken: an edit of a message that the next page brings would move the
   * number on, and the page would then not bring it.
   */
  #catchUp(): void {
    if (this.#isBetweenPages) return;
    for (const event of this.#early.sort((a, b) => a.seq - b.seq)) if (event.seq <= this.seq + 1) this.#take(event);
    this.#early = this.#early.filter(({ seq }) => seq > this.seq);
  }

  /** A membership or name change comes twice under its number: as a message and as an update. */
  #take(event: ServerEvent): void {
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
