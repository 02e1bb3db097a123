import { expect } from 'chai';
import type { Answer } from '../support/clients.ts';
import { type Named, Stay } from './stay.ts';

type TrueMessage = { id: number; seq: number; senderId: number; content: string; edited: boolean; deleted: boolean };
type Bound = 'certain' | 'possible';
const STATUSES = ['sent', 'delivered', 'read'];
type Listed = { id: number; sender_id: number; seq: number; deleted: boolean; type: string };

/** One conversation as it has to be, kept from the answers of the operations alone and never from the server's counters. */
export class Truth {
  readonly conversationId: number;
  name = 'story';
  readonly messages = new Map<number, TrueMessage>();
  readonly systemMessages = new Map<number, Named>();
  readonly members = new Map<number, Stay>();
  /** Everybody's, also those that have ended. */
  readonly #stays: Stay[] = [];
  #endedMeanwhile: Stay[] = [];
  /** What each has been told of each message last. */
  readonly #told = new Map<string, number>();
  /** What every number was given to, as far as the answers told: it must be one thing. */
  readonly changes = new Map<number, string>();

  constructor(conversationId: number, memberIds: readonly number[], adminId: number) {
    this.conversationId = conversationId;
    for (const id of memberIds) this.#join(id, 0, id === adminId);
  }

  sent({ message_id: id, seq, sender_id: senderId, content }: Answer): void {
    this.messages.set(id, { id, seq, senderId, content, edited: false, deleted: false });
    this.#given(seq, `message ${id}`);
  }

  edited({ message_id: id, seq, content }: Answer): void {
    Object.assign(this.#message(id), { content, edited: true });
    this.#given(seq, `edit of ${id}`);
  }

  deleted({ message_id: id, seq }: Answer): void {
    Object.assign(this.#message(id), { content: '', deleted: true });
    this.#given(seq, `deletion of ${id}`);
  }

  joined({ seq }: Answer, userId: number): void {
    this.#join(userId, seq);
    this.#given(seq, `joining of ${userId}`);
  }

  left({ seq }: Answer, userId: number): void {
    const stay = this.members.get(userId);
    if (stay !== undefined) {
      stay.until = seq;
      this.#endedMeanwhile.push(stay);
    }
    this.members.delete(userId);
    this.#given(seq, `leaving of ${userId}`);
  }

  renamed({ seq, name }: Answer): void {
    this.name = name;
    this.#given(seq, `name ${name}`);
  }

  /** What is written down from here on happened at the same time. */
  begin(): void {
    this.#endedMeanwhile = [];
    for (const stay of this.members.values()) stay.begin();
  }

  read(userId: number, named: readonly Named[]): void {
    for (const [stay, isCertain] of this.#staysOf(userId)) stay.reads(named, isCertain, this.#isOpenFor(stay));
  }

  confirmed(userId: number, seq: number): void {
    for (const [stay, isCertain] of this.#staysOf(userId)) stay.confirms(seq, isCertain, this.#isOpenFor(stay));
  }

  /** A page that a member was given. */
  listed(userId: number, page: readonly Listed[]): void {
    for (const { id, seq, sender_id: senderId, type } of page)
      if (type === 'system') this.systemMessages.set(id, { id, seq, senderId });
    const seqs = page.map(({ seq }) => seq);
    if (seqs.length === 0) return;
    for (const [stay, isCertain] of this.#staysOf(userId))
      stay.lists(Math.min(...seqs), Math.max(...seqs), isCertain, this.#isOpenFor(stay));
  }

  /** The stays in which somebody may have done what was accepted. In the newest one it was for certain, as far as it counts there. */
  #staysOf(userId: number): [Stay, boolean][] {
    const ended = this.#endedMeanwhile.filter((stay) => stay.userId === userId);
    const current = this.members.get(userId);
    const isAlone = current === undefined && ended.length === 1;
    return [
      ...ended.map((stay): [Stay, boolean] => [stay, isAlone]),
      ...(current === undefined ? [] : ([[current, true]] as [Stay, boolean][])),
    ];
  }

  /** Whether a member has something left to read between two numbers. */
  #isOpenFor(stay: Stay) {
    return (after: number, before: number) =>
      [...this.messages.values()].some(
        (each) =>
          after < each.seq &&
          each.seq < before &&
          each.senderId !== stay.userId &&
          !each.deleted &&
          !stay.hasRead(each, 'possible'),
      );
  }

  unread(userId: number): number {
    const counts = (each: TrueMessage) => each.senderId !== userId && !each.deleted && !this.#hasRead(userId, each);
    return [...this.messages.values()].filter(counts).length;
  }

  /** A message's receipts count the members who were there when it was sent. */
  status(userId: number, message: Named, how: Bound): string {
    if (message.senderId !== userId) return this.#hasRead(userId, message, how) ? 'read' : 'delivered';
    const others = this.#stays.filter((stay) => stay.counts(message));
    if (others.length === 0) return 'sent';
    if (others.every((stay) => stay.hasRead(message, how))) return 'read';
    return others.every((stay) => stay.hasGot(message, how)) ? 'delivered' : 'sent';
  }

  /** A whole history, as a member was given it, is what happened; every number was given once. */
  expectHistory(userId: number, listed: readonly Listed[], lastSeq: number): void {
    const ordinary = listed.filter(({ type }) => type === 'message').map(briefly);
    const own = [...this.messages.values()].map(({ senderId: sender_id, ...each }) => ({ ...each, sender_id }));
    expect(ordinary.sort(bySeq)).to.deep.equal(own.sort(bySeq));
    for (const { id, seq, type } of listed) if (type === 'system') this.#given(seq, this.changes.get(seq) ?? `${id}`);
    expect([...this.changes.keys()].sort((a, b) => a - b)).to.deep.equal(
      Array.from({ length: lastSeq }, (_, index) => index + 1),
    );
    this.expectStatuses(userId, listed);
  }

  /** Of messages that never count as unread it is told only that reading them is not forgotten; no state is taken back. */
  expectStatuses(userId: number, listed: readonly (Listed & { status?: string })[]): void {
    for (const { id, seq, sender_id: senderId, status = '', deleted, type } of listed) {
      const [least, most] = (['certain', 'possible'] as const).map((how) =>
        STATUSES.indexOf(this.status(userId, { id, seq, senderId }, how)),
      ) as [number, number];
      const [told, where] = [STATUSES.indexOf(status), `status of ${id} for ${userId}`];
      if (!deleted && type === 'message') expect(told, where).to.be.within(least, most);
      else if (least === STATUSES.indexOf('read')) expect(status, where).to.equal('read');
      const key = `${userId}:${id}`;
      expect(told, `${where} goes back`).to.be.at.least(this.#told.get(key) ?? 0);
      this.#told.set(key, told);
    }
  }

  #join(userId: number, since: number, isAdmin = false): void {
    const stay = new Stay(userId, since, isAdmin);
    this.members.set(userId, stay);
    this.#stays.push(stay);
  }

  #hasRead(userId: number, message: Pick<Named, 'id' | 'seq'>, how: Bound = 'certain'): boolean {
    return this.members.get(userId)?.hasRead(message, how) ?? false;
  }

  #given(seq: number, what: string): void {
    expect(this.changes.get(seq) ?? what, `what number ${seq} was given to`).to.equal(what);
    this.changes.set(seq, what);
  }

  #message(id: number): TrueMessage {
    const message = this.messages.get(id);
    expect(message, `message ${id}`).to.not.equal(undefined);
    return message as TrueMessage;
  }
}

const bySeq = (a: { seq: number }, b: { seq: number }) => a.seq - b.seq;
const briefly = (each: Listed & Record<string, unknown>) => {
  const { id, seq, sender_id, content, edited, deleted } = each;
  return { id, seq, content, edited, deleted, sender_id };
};
