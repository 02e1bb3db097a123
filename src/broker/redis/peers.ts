import { LRUCache } from 'lru-cache';
import type { ConnectionsElsewhere } from '../broker.ts';
import { Freshness } from './freshness.ts';
import type { LateNode } from './late-nodes.ts';
import { Leases } from './leases.ts';
import type { NodeUsers } from './local-presence.ts';
import { type Count, RemoteConnections } from './remote-connections.ts';
import { RemotePresence } from './remote-presence.ts';

/** A node counts as late only if one of its messages arrived within this time; the delay of a silent node is unknown. */
const LATE_IF_HEARD_WITHIN_MS = 1_000;
/** Connections of a node that is silent for longer do not count: it may be dead, and its clients reconnect to this node. */
const COUNTED_FOR_MS = 2_000;
/** How many nodes the numbers of the newest messages are kept of. */
const MAX_NODES = 1_000;

/** The state of a node as it publishes it. */
export type Introduction = NodeUsers & { name: string };
/** @property received the number of the newest message that was received from each other node */
export type Tick = { receipts: boolean; received: Record<string, number> };

/** The other nodes, as far as this one knows: which there are, how fresh what they send is, and their users. */
export class Peers {
  readonly #ownId: string;
  readonly #leases: Leases;
  readonly #freshness = new Freshness();
  /** The number of the newest message of each node; kept of nodes that are considered dead, in case they are not. */
  readonly #numbers = new LRUCache<string, number>({ max: MAX_NODES });
  readonly #names = new Map<string, string>();
  readonly #presence = new RemotePresence();
  readonly #connections = new RemoteConnections();
  /** The nodes with a client that subscribed to live delivery receipts, by their last tick. */
  readonly #wantReceipts = new Set<string>();

  constructor(ownId: string, leaseMs: number) {
    this.#ownId = ownId;
    this.#leases = new Leases(performance.now(), leaseMs);
  }

  get ids(): ReadonlySet<string> {
    return new Set(this.#leases.nodes());
  }

  get count(): number {
    return this.#leases.size;
  }

  /** The moment, by the monotonic clock, up to which everything that any of them sent has been received. */
  get receivedUpTo(): number {
    return this.#freshness.upTo;
  }

  get wantReceipts(): boolean {
    return this.#wantReceipts.size > 0;
  }

  get anyOnline(): boolean {
    return this.#presence.size > 0;
  }

  isOnline(userId: number): boolean {
    return this.#presence.has(userId);
  }

  /** Of two nodes with excess connections, the one with the higher id closes its own first. */
  connectionsOf(userId: number): ConnectionsElsewhere {
    const counted = { all: 0, closedFirst: 0 };
    const now = performance.now();
    for (const [node, at] of this.#leases.lastHeard()) {
      if (now - at > COUNTED_FOR_MS) continue;
      const count = this.#connections.of(node, userId) ?? (this.#presence.isOn(node, userId) ? 1 : 0);
      counted.all += count;
      if (node > this.#ownId) counted.closedFirst += count;
    }
    return counted;
  }

  /**
   * Nodes number their messages: whatever was lost on the way, and where, shows in the number of the next message.
   * @returns whether messages before this one were lost
   */
  isGap(node: string, number: number): boolean {
    const last = this.#numbers.get(node) ?? number - 1;
    this.#numbers.set(node, Math.max(last, number));
    return number > last + 1;
  }

  /** A message of a node arrived. @returns whether the node is new */
  heardFrom(node: string): boolean {
    const isNew = this.#leases.renew(node, performance.now());
    if (isNew) this.#freshness.add(node);
    return isNew;
  }

  /** This node sends a tick, as the message of this number. @returns what the tick names */
  tickSent(number: number, now: number): Tick['received'] {
    this.#freshness.tickSent(number, now);
    return Object.fromEntries([...this.#leases.nodes()].map((node) => [node, this.#numbers.get(node) ?? 0]));
  }

  tickReceived(node: string, { receipts, received }: Tick): void {
    const newestReceived = received[this.#ownId];
    if (newestReceived !== undefined) this.#freshness.tickReceived(node, newestReceived);
    if (receipts) this.#wantReceipts.add(node);
    else this.#wantReceipts.delete(node);
  }

  /** @returns the users who came online or went offline */
  setOnline(node: string, userIds: readonly number[], isOnline: boolean): number[] {
    return isOnline ? this.#presence.add(node, userIds) : this.#presence.remove(node, userIds);
  }

  /** @returns the users of these counts */
  setConnections(node: string, counts: readonly Count[]): number[] {
    return this.#connections.set(node, counts);
  }

  /** Replaces all that is known of a node's users. @returns the users whose presence, and whose connections may, have changed */
  introduced(node: string, { name, online, several }: Introduction): { moved: number[]; counted: number[] } {
    this.#names.set(node, name);
    const counted = this.#connections.replace(node, several);
    return { moved: this.#presence.replace(node, online), counted };
  }

  /** Changes may have been missed; presence is corrected by the next introductions. */
  forgetConnections(): void {
    this.#connections.forgetAll();
  }

  /** @returns the nodes whose lease has ended; see `Leases` */
  expired(now: number, everyMs: number, receives: boolean): string[] {
    return this.#leases.expired(now, everyMs, receives);
  }

  /** The nodes whose messages arrive, but are older than this. */
  late(now: number, olderThanMs: number): LateNode[] {
    return this.#leases.lastHeard().flatMap(([node, at]) => {
      const ms = now - this.#freshness.upToOf(node);
      const isLate = now - at < LATE_IF_HEARD_WITHIN_MS && ms > olderThanMs;
      return isLate ? [{ name: this.#names.get(node) ?? node, ms }] : [];
    });
  }

  /** Removes a node that is considered dead. @returns the users who went offline */
  forget(node: string): number[] {
    this.#leases.forget(node);
    this.#names.delete(node);
    this.#freshness.forget(node);
    this.#wantReceipts.delete(node);
    this.#connections.forget(node);
    return this.#presence.forget(node);
  }

  /** Removes a node that has said goodbye. @returns the users who went offline */
  remove(node: string): number[] {
    this.#numbers.delete(node);
    return this.forget(node);
  }
}
