import { randomUUID } from 'node:crypto';
import type { Effect } from '../effects.ts';
import type { Bus, NodeMessage } from './bus.ts';
import { Confirmations } from './confirmations.ts';
import { OwnUsers, type Users } from './own-users.ts';
import { type Count, RemoteConnections } from './remote-connections.ts';
import { RemotePresence } from './remote-presence.ts';

const HEARTBEAT_MS = 3_000;
/** A node that has not been heard for so long is taken for dead, and its users with it. */
const LEASE_MS = 12_000;
const CONFIRM_WITHIN_MS = 1_000;
const TICK_MS = 300;
/**
 * Who hears nothing for so long, though the others tick, or does not even run, may next hear what is older than a removal
 * that was acknowledged meanwhile. It has to be shorter than the wait for a confirmation.
 */
export const STANDSTILL_MS = 900;
/** The connections of a node that has not been heard for so long count no more: it may be dead, and its clients come here. */
const COUNTED_FOR_MS = 2_000;

/** What the cluster asks of the node it runs in. */
export type Node = {
  /** Carries out, for the sockets of this node, what another node committed. */
  apply(effects: readonly Effect[]): void;
  /** Users with a connection on this node. */
  onlineUsers(): Iterable<number>;
  /** Whether a client of this node asked for live delivery receipts. */
  wantsReceipts(): boolean;
  /** Users whose presence on other nodes changed. */
  presenceChanged(userIds: Iterable<number>): void;
  /** How many connections a user has on this node. */
  connectionsHere(userId: number): number;
  /** Users with several connections on this node. */
  severalConnections(): Iterable<Count>;
  /** Users who may have more connections on other nodes than before. */
  connectionsChanged(userIds: Iterable<number>): void;
  /** What arrives now may be late: who was in a room may have been removed since. */
  stoodStill(): void;
  /** Messages from other nodes may have been missed: what is remembered is no longer to be trusted. */
  mayHaveMissed(): void;
};

/** The other nodes: passes effects to them, waits for their confirmations, and knows who is online there. */
export class Cluster {
  readonly #id = randomUUID();
  readonly #bus: Bus;
  readonly #node: Node;
  readonly #own: OwnUsers;
  /** When each other node was last heard. */
  readonly #heard = new Map<string, number>();
  /** The number of the newest message of each other node. */
  readonly #numbers = new Map<string, number>();
  readonly #presence = new RemotePresence();
  /** The nodes with a client that asked for live delivery receipts, by their last tick. */
  readonly #wantReceipts = new Set<string>();
  readonly #connections = new RemoteConnections();
  readonly #confirmations = new Confirmations(CONFIRM_WITHIN_MS);
  readonly #timers: readonly NodeJS.Timeout[];
  #tickedAt = Date.now();
  #heardAt = Date.now();
  #lastBeat = Date.now();
  #lost = 0;
  #published = 0;

  constructor(bus: Bus, node: Node) {
    this.#bus = bus;
    this.#node = node;
    this.#own = new OwnUsers(node, (kind, body) => this.#publish(kind, body));
    bus.listen((message) => this.#hear(message));
    bus.onRecovered(() => this.#recovered());
    this.#timers = [
      setInterval(() => this.#beat(), HEARTBEAT_MS).unref(),
      setInterval(() => this.#tick(), TICK_MS).unref(),
    ];
    this.#publish('hello', this.#own.all());
  }

  /** Whether this node hears the others and is heard, as far as it knows. */
  get healthy(): boolean {
    return this.#bus.healthy;
  }

  /** How many nodes there are, as far as this one hears: itself and the others. */
  get nodes(): number {
    return this.#heard.size + 1;
  }

  /** Whether what this node is about to deliver can be trusted to be no older than what the others have acknowledged. */
  get current(): boolean {
    const now = Date.now();
    return now - this.#tickedAt < STANDSTILL_MS && (this.#heard.size === 0 || now - this.#heardAt < STANDSTILL_MS);
  }

  isOnline(userId: number): boolean {
    return this.#presence.has(userId);
  }

  /** Users who are online on other nodes. */
  onlineUsers(): Iterable<number> {
    return this.#presence.users();
  }

  /** To be called when a publish was lost: the others are told when they can be. */
  countLost(): void {
    this.#lost += 1;
  }

  /** Passes effects to the other nodes; with something to confirm, resolves when they have, or after a second. */
  readonly spread = (effects: readonly Effect[], mustBeConfirmed: boolean): Promise<void> | undefined => {
    if (!mustBeConfirmed) return void this.#publish('effects', { effects });
    const { id, confirmed } = this.#confirmations.ask(new Set(this.#heard.keys()));
    this.#publish('effects', { effects, confirm: id });
    return confirmed;
  };

  /** Whether another node has a client that asked for live delivery receipts. */
  get receiptsWanted(): boolean {
    return this.#wantReceipts.size > 0;
  }

  /** To be called when the first client of this node asks for receipts: the others need not wait for the next tick. */
  readonly tellReceiptsWanted = (): void => this.#publish('tick', true);

  userConnected(userId: number): void {
    this.#own.moved(userId, true);
  }

  userDisconnected(userId: number): void {
    this.#own.moved(userId, false);
  }

  /**
   * How many connections of a user the other nodes have, as far as they were heard lately: all, and those on nodes that
   * give way before this one. While nobody is heard this node counts alone.
   */
  connectionsOf(userId: number): { all: number; givingWay: number } {
    const counted = { all: 0, givingWay: 0 };
    if (!this.#bus.healthy) return counted;
    const now = Date.now();
    for (const [node, at] of this.#heard) {
      if (now - at > COUNTED_FOR_MS) continue;
      const count = this.#connections.of(node, userId) ?? (this.#presence.isOn(node, userId) ? 1 : 0);
      counted.all += count;
      if (node > this.#id) counted.givingWay += count;
    }
    return counted;
  }

  connectionsChanged(userId: number): void {
    this.#own.recounted(userId);
  }

  /** Tells the others that this node goes. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#publish('bye', []);
    await new Promise((resolve) => setTimeout(resolve, 50)); // the bus says not when it has gone out
    await this.#bus.close();
  }

  #publish(kind: string, body: unknown): void {
    this.#published += 1;
    this.#bus.publish({ from: this.#id, number: this.#published, kind, body });
  }

  #hear({ from, number, kind, body }: NodeMessage): void {
    if (from === this.#id) return;
    if (!this.current) this.#node.stoodStill();
    this.#expect(from, number);
    this.#heardAt = Date.now();
    this.#heard.set(from, this.#heardAt);
    if (kind === 'tick') return this.#heed(from, body === true);
    if (kind === 'effects') this.#carryOut(body as { effects: Effect[]; confirm?: string });
    else if (kind === 'confirmed') this.#confirmations.confirm(body as string, from);
    else if (kind === 'lost') this.#node.mayHaveMissed();
    else if (kind === 'online') this.#came(this.#presence.add(from, body as number[]));
    else if (kind === 'offline') this.#node.presenceChanged(this.#presence.remove(from, body as number[]));
    else if (kind === 'connections') this.#node.connectionsChanged(this.#connections.set(from, body as Count[]));
    else if (kind === 'bye') this.#forget(from);
    else this.#replace(from, body as Users);
    if (kind === 'hello') this.#publish('beat', this.#own.all());
  }

  /** A node numbers what it tells: whatever was lost on the way, and wherever, is noticed by the next that comes. */
  #expect(from: string, number: number): void {
    const last = this.#numbers.get(from) ?? number - 1;
    if (number > last + 1) this.#node.mayHaveMissed();
    this.#numbers.set(from, Math.max(last, number));
  }

  #came(userIds: readonly number[]): void {
    this.#node.presenceChanged(userIds);
    this.#node.connectionsChanged(userIds);
  }

  #replace(node: string, { online, several }: Users): void {
    const counted = this.#connections.replace(node, several);
    this.#came(this.#presence.replace(node, online));
    this.#node.connectionsChanged(counted);
  }

  #heed(node: string, wantsReceipts: boolean): void {
    if (wantsReceipts) this.#wantReceipts.add(node);
    else this.#wantReceipts.delete(node);
  }

  #carryOut({ effects, confirm }: { effects: Effect[]; confirm?: string }): void {
    this.#node.apply(effects);
    if (confirm !== undefined) this.#publish('confirmed', confirm);
  }

  /** Lets the others tell our silence from a standstill of their own, and notices ours. */
  #tick(): void {
    if (!this.current) this.#node.stoodStill();
    this.#tickedAt = Date.now();
    this.#publish('tick', this.#node.wantsReceipts());
  }

  #beat(): void {
    const now = Date.now();
    // this process stood still: what it hears next may be older than what it has missed
    if (now - this.#lastBeat > 2 * HEARTBEAT_MS) this.#node.mayHaveMissed();
    this.#lastBeat = now;
    this.#publish('beat', this.#own.all());
    if (!this.#bus.healthy) return this.#keepAll(now);
    for (const [node, at] of this.#heard) if (now - at > LEASE_MS) this.#forget(node);
  }

  /** While we hear nobody, nobody's silence means anything. */
  #keepAll(now: number): void {
    for (const node of this.#heard.keys()) this.#heard.set(node, now);
  }

  #recovered(): void {
    this.#keepAll(Date.now());
    this.#connections.forgetAll();
    this.#node.mayHaveMissed();
    if (this.#lost > 0) this.#publish('lost', []);
    this.#lost = 0;
    this.#publish('hello', this.#own.all());
  }

  #forget(node: string): void {
    this.#heard.delete(node);
    this.#numbers.delete(node);
    this.#confirmations.gone(node);
    this.#wantReceipts.delete(node);
    this.#connections.forget(node);
    this.#node.presenceChanged(this.#presence.forget(node));
  }
}
