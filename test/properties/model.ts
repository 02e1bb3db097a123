import { expect } from 'chai';
import type { Answer } from '../support/clients.ts';
import { Membership, type Named } from './membership.ts';

type ModelMessage = { id: number; seq: number; senderId: number; content: string; edited: boolean; deleted: boolean };
type Bound = 'certain' | 'possible';
const STATUSES = ['sent', 'delivered', 'read'];
type Listed = { id: number; sender_id: number; seq: number; deleted: boolean; type: string };

/** The model of a conversation, built only from the answers of operations, not from the server's counters. */
export class Model {
  readonly conversationId: number;
  name = 'story';
  readonly messages = new Map<number, ModelMessage>();
  readonly systemMessages = new Map<number, Named>();
  readonly members = new Map<number, Membership>();
  /** All memberships, including ended ones. */
  readonly #memberships: Membership[] = [];
  #endedMeanwhile: Membership[] = [];
  /** The last status of each message for each member. */
  readonly #lastStatuses = new Map<string, number>();
  /** The change of each number, as far as the answers contain it. */
  readonly changes = new Map<number, string>();

  constructor(conversationId: number, memberIds: readonly number[], adminId: number) {
    this.conversationId = conversationId;
    for (const id of memberIds) this.#join(id, 0, id === adminId);
  }

  sent({ message_id: id, seq, sender_id: senderId, content }: Answer): void {
    this.messages.set(id, { id, seq, senderId, content, edited: false, deleted: false });
    this.#assign(seq, `message ${id}`);
  }

  edited({ message_id: id, seq, content }: Answer): void {
    Object.assign(this.#message(id), { content, edited: true });
    this.#assign(seq, `edit of ${id}`);
  }

  deleted({ message_id: id, seq }: Answer): void {
    Object.assign(this.#message(id), { content: '', deleted: true });
    this.#assign(seq, `deletion of ${id}`);
  }

  joined({ seq }: Answer, userId: number): void {
    this.#join(userId, seq);
    this.#assign(seq, `joining of ${userId}`);
  }

  left({ seq }: Answer, userId: number): void {
    const membership = this.members.get(userId);
    if (membership !== undefined) {
      membership.until = seq;
      this.#endedMeanwhile.push(membership);
    }
    this.members.delete(userId);
    this.#assign(seq, `leaving of ${userId}`);
  }

  renamed({ seq, name }: Answer): void {
    this.name = name;
    this.#assign(seq, `name ${name}`);
  }

  /** To be called before the changes of concurrent operations. */
  begin(): void {
    this.#endedMeanwhile = [];
    for (const membership of this.members.values()) membership.begin();
  }

  read(userId: number, named: readonly Named[]): void {
    for (const [membership, isCertain] of this.#membershipsOf(userId))
      membership.reads(named, isCertain, this.#isOpenFor(membership));
  }

  confirmed(userId: number, seq: number): void {
    for (const [membership, isCertain] of this.#membershipsOf(userId))
      membership.confirms(seq, isCertain, this.#isOpenFor(membership));
  }

  /** To be called with a page that a member received. */
  listed(userId: number, page: readonly Listed[]): void {
    for (const { id, seq, sender_id: senderId, type } of page)
      if (type === 'system') this.systemMessages.set(id, { id, seq, senderId });
    const seqs = page.map(({ seq }) => seq);
    if (seqs.length === 0) return;
    for (const [membership, isCertain] of this.#membershipsOf(userId))
      membership.lists(Math.min(...seqs), Math.max(...seqs), isCertain, this.#isOpenFor(membership));
  }

  /** To be called when a list was refused: it may have been read, and confirmed, before the removal that it crossed. */
  refusedList(userId: number): void {
    for (const [membership] of this.#membershipsOf(userId))
      membership.confirms(this.changes.size, false, this.#isOpenFor(membership));
  }

  /** The memberships in which an operation may have taken effect; certainly in the current one, as far as it counts there. */
  #membershipsOf(userId: number): [Membership, boolean][] {
    const ended = this.#endedMeanwhile.filter((membership) => membership.userId === userId);
    const current = this.members.get(userId);
    const isAlone = current === undefined && ended.length === 1;
    return [
      ...ended.map((membership): [Membership, boolean] => [membership, isAlone]),
      ...(current === undefined ? [] : ([[current, true]] as [Membership, boolean][])),
    ];
  }

  /** Whether a member has unread messages between two numbers. */
  #isOpenFor(membership: Membership) {
    return (after: number, before: number) =>
      [...this.messages.values()].some(
        (each) =>
          after < each.seq &&
          each.seq < before &&
          each.senderId !== membership.userId &&
          !each.deleted &&
          !membership.hasRead(each, 'possible'),
      );
  }

  unread(userId: number): number {
    const counts = (each: ModelMessage) => each.senderId !== userId && !each.deleted && !this.#hasRead(userId, each);
    return [...this.messages.values()].filter(counts).length;
  }

  /** The status depends on the members at the time of sending. */
  status(userId: number, message: Named, how: Bound): string {
    if (message.senderId !== userId) return this.#hasRead(userId, message, how) ? 'read' : 'delivered';
    const others = this.#memberships.filter((membership) => membership.counts(message));
    if (others.length === 0) return 'sent';
    if (others.every((membership) => membership.hasRead(message, how))) return 'read';
    return others.every((membership) => membership.hasReceived(message, how)) ? 'delivered' : 'sent';
  }

  /** Checks a whole history against the model, and that every number was used once. */
  expectHistory(userId: number, listed: readonly Listed[], lastSeq: number): void {
    const ordinary = listed.filter(({ type }) => type === 'message').map(briefly);
    const own = [...this.messages.values()].map(({ senderId: sender_id, ...each }) => ({ ...each, sender_id }));
    expect(ordinary.sort(bySeq)).to.deep.equal(own.sort(bySeq));
    for (const { id, seq, type } of listed) if (type === 'system') this.#assign(seq, this.changes.get(seq) ?? `${id}`);
    expect([...this.changes.keys()].sort((a, b) => a - b)).to.deep.equal(
      Array.from({ length: lastSeq }, (_, index) => index + 1),
    );
    this.expectStatuses(userId, listed);
  }

  /** Checks statuses, and that none is withdrawn. Of messages that never count as unread, only `read` is checked. */
  expectStatuses(userId: number, listed: readonly (Listed & { status?: string })[]): void {
    for (const { id, seq, sender_id: senderId, status = '', deleted, type } of listed) {
      const [least, most] = (['certain', 'possible'] as const).map((how) =>
        STATUSES.indexOf(this.status(userId, { id, seq, senderId }, how)),
      ) as [number, number];
      const [rank, where] = [STATUSES.indexOf(status), `status of ${id} for ${userId}`];
      if (!deleted && type === 'message') expect(rank, where).to.be.within(least, most);
      else if (least === STATUSES.indexOf('read')) expect(status, where).to.equal('read');
      const key = `${userId}:${id}`;
      expect(rank, `${where} goes back`).to.be.at.least(this.#lastStatuses.get(key) ?? 0);
      this.#lastStatuses.set(key, rank);
    }
  }

  #join(userId: number, since: number, isAdmin = false): void {
    const membership = new Membership(userId, since, isAdmin);
    this.members.set(userId, membership);
    this.#memberships.push(membership);
  }

  #hasRead(userId: number, message: Pick<Named, 'id' | 'seq'>, how: Bound = 'certain'): boolean {
    return this.members.get(userId)?.hasRead(message, how) ?? false;
  }

  #assign(seq: number, what: string): void {
    expect(this.changes.get(seq) ?? what, `the change with number ${seq}`).to.equal(what);
    this.changes.set(seq, what);
  }

  #message(id: number): ModelMessage {
    const message = this.messages.get(id);
    expect(message, `message ${id}`).to.not.equal(undefined);
    return message as ModelMessage;
  }
}

const bySeq = (a: { seq: number }, b: { seq: number }) => a.seq - b.seq;
const briefly = (each: Listed & Record<string, unknown>) => {
  const { id, seq, sender_id, content, edited, deleted } = each;
  return { id, seq, content, edited, deleted, sender_id };
};
