export type Named = { id: number; seq: number; senderId: number };

/** Concurrent operations can take effect in any order: what is certain, and what is possible. */
type Bounds<Value> = { certain: Value; possible: Value };

/** A membership from joining to leaving, with what the member has read and confirmed. */
export class Membership {
  readonly userId: number;
  /** The number of the joining: earlier messages count as read. */
  readonly since: number;
  until = Number.POSITIVE_INFINITY;
  isAdmin: boolean;
  readonly #read: Bounds<Map<number, Named>> = { certain: new Map(), possible: new Map() };
  readonly #delivered: Bounds<number>;
  #deliveredBefore: number;

  constructor(userId: number, since: number, isAdmin: boolean) {
    this.userId = userId;
    this.since = since;
    this.isAdmin = isAdmin;
    this.#delivered = { certain: since, possible: since };
    this.#deliveredBefore = since;
  }

  /** To be called before concurrent operations. */
  begin(): void {
    this.#deliveredBefore = this.#delivered.certain;
  }

  /** Whether a message's receipts count this member. */
  counts({ seq, senderId }: Named): boolean {
    return senderId !== this.userId && this.since < seq && seq < this.until;
  }

  hasRead({ id, seq }: Pick<Named, 'id' | 'seq'>, how: keyof Bounds<unknown>): boolean {
    return seq <= this.since || this.#read[how].has(id);
  }

  hasReceived(message: Named, how: keyof Bounds<unknown>): boolean {
    return message.seq <= this.#delivered[how] || this.hasRead(message, how);
  }

  /** @param isCertain whether it was certainly in this membership */
  reads(named: readonly Named[], isCertain: boolean, isOpen: (from: number, to: number) => boolean): void {
    for (const message of named.filter((each) => this.counts(each))) {
      this.#read.possible.set(message.id, message);
      if (isCertain) this.#read.certain.set(message.id, message);
    }
    this.#extend(isOpen);
  }

  confirms(seq: number, isCertain: boolean, isOpen: (from: number, to: number) => boolean): void {
    this.#delivered.possible = Math.max(this.#delivered.possible, seq);
    if (isCertain) this.#delivered.certain = Math.max(this.#delivered.certain, seq);
    this.#extend(isOpen);
  }

  /** A page confirms delivery only if nothing is unread between the confirmed numbers and its oldest message. */
  lists(oldest: number, newest: number, isCertain: boolean, isOpen: (from: number, to: number) => boolean): void {
    if (isOpen(this.#delivered.possible, oldest)) return;
    this.confirms(newest, isCertain && oldest <= this.#deliveredBefore + 1, isOpen);
  }

  /** Read messages that follow the confirmed numbers may count as confirmed. */
  #extend(isOpen: (from: number, to: number) => boolean): void {
    for (const { seq } of [...this.#read.possible.values()].sort((a, b) => a.seq - b.seq))
      if (!isOpen(this.#delivered.possible, seq)) this.#delivered.possible = Math.max(this.#delivered.possible, seq);
  }
}
