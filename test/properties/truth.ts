import { expect } from 'chai';
import type { Answer } from '../support/clients.ts';

type TrueMessage = { id: number; seq: number; senderId: number; content: string; edited: boolean; deleted: boolean };
type Member = {
  /** The number of the joining: what was there before counts as read. */
  since: number;
  isAdmin: boolean;
  /** What the member's side has confirmed, up to here. */
  delivered: number;
  /** The ids of what the member was asked to mark as read. */
  read: Set<number>;
};
export type Named = { id: number; seq: number; senderId: number };
type Listed = { id: number; sender_id: number; seq: number; deleted: boolean; type: string };

/** One conversation as it has to be, kept from the answers of the operations alone and never from the server's counters. */
export class Truth {
  readonly conversationId: number;
  name = 'story';
  readonly messages = new Map<number, TrueMessage>();
  readonly systemMessages = new Map<number, Named>();
  readonly members = new Map<number, Member>();
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
    this.members.delete(userId);
    this.#given(seq, `leaving of ${userId}`);
  }

  renamed({ seq, name }: Answer): void {
    this.name = name;
    this.#given(seq, `name ${name}`);
  }

  read(userId: number, named: readonly Named[]): void {
    const member = this.members.get(userId);
    const fresh = named.filter((each) => each.senderId !== userId && !this.#hasRead(userId, each));
    for (const { id } of fresh) member?.read.add(id);
    this.confirmed(userId, Math.max(0, ...fresh.map(({ seq }) => seq)));
  }

  confirmed(userId: number, seq: number): void {
    const member = this.members.get(userId);
    if (member !== undefined) member.delivered = Math.max(member.delivered, seq);
  }

  /** A page that a member was given: it confirms the delivery of what is in it. */
  listed(userId: number, page: readonly Listed[]): void {
    this.confirmed(userId, Math.max(0, ...page.map(({ seq }) => seq)));
    for (const { id, seq, sender_id: senderId, type } of page)
      if (type === 'system') this.systemMessages.set(id, { id, seq, senderId });
  }

  unread(userId: number): number {
    const counts = (each: TrueMessage) => each.senderId !== userId && !each.deleted && !this.#hasRead(userId, each);
    return [...this.messages.values()].filter(counts).length;
  }

  status(userId: number, message: Named): string {
    if (message.senderId !== userId) return this.#hasRead(userId, message) ? 'read' : 'delivered';
    const others = [...this.members.keys()].filter((id) => id !== userId);
    if (others.length === 0) return 'sent';
    if (others.every((id) => this.#hasRead(id, message))) return 'read';
    return others.every((id) => message.seq <= (this.members.get(id)?.delivered ?? 0)) ? 'delivered' : 'sent';
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

  /** Of messages that never count as unread it is told only that reading them is not forgotten. */
  expectStatuses(userId: number, listed: readonly (Listed & { status?: string })[]): void {
    for (const { id, seq, sender_id: senderId, status, deleted, type } of listed) {
      const expected = this.status(userId, { id, seq, senderId });
      const counts = !deleted && type === 'message';
      if (counts || expected === 'read') expect(status, `status of ${id} for ${userId}`).to.equal(expected);
    }
  }

  #join(userId: number, since: number, isAdmin = false): void {
    this.members.set(userId, { since, isAdmin, delivered: since, read: new Set() });
  }

  #hasRead(userId: number, { id, seq }: { id: number; seq: number }): boolean {
    const member = this.members.get(userId);
    return member !== undefined && (seq <= member.since || member.read.has(id));
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
