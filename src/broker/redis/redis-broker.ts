import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Deliver, Effect } from '../../delivery/effects.ts';
import { type Guard, type GuardedRooms, MembershipGuard, type ReadMembers } from '../../delivery/membership-guard.ts';
import type { Conditions } from '../../monitoring/conditions.ts';
import type { Broker, ConnectionsElsewhere, Subscriber } from '../broker.ts';
import { Acks } from './acks.ts';
import type { Bus, NodeMessage } from './bus.ts';
import { LateNodes } from './late-nodes.ts';
import { LocalPresence } from './local-presence.ts';
import { type Introduction, Peers, type Tick } from './peers.ts';
import type { Count } from './remote-connections.ts';

const HEARTBEAT_MS = 3_000;
/** After a longer time between two heartbeats this process was paused, and may have missed messages. */
const PAUSE_LIMIT_MS = 2 * HEARTBEAT_MS;
const ACK_WITHIN_MS = 1_000;
const TICK_MS = 150;
/**
 * A removal is acknowledged to its caller at the latest when the wait for the other nodes' acks ends. A node that has not
 * acknowledged it by then must write nothing more by what it knew before: so its knowledge is valid for less than that wait.
 */
const VALID_FOR_MS = 900;
/** The part of it that is reserved for emitting and writing an event. */
const WRITING_MS = 200;
const START_WITHIN_MS = 5_000;
const CHECK_EVERY_MS = 20;
/** This node receives what is published if it received its own probe within this time. */
const PROBED_WITHIN_MS = 700;
/** How long the last message takes to be sent: the bus does not say. */
const SENDING_MS = 50;

/**
 * Effects that must be carried out on every node before it is acknowledged to its caller: a removed user or an ended session
 * receives nothing more, and an added user receives every message that is acknowledged from then on, sent through any node.
 */
const NEEDS_ACKS: ReadonlySet<Effect['kind']> = new Set(['join', 'leave', 'end']);
const NO_CONNECTIONS: ConnectionsElsewhere = { all: 0, closedFirst: 0 };

type EffectsMessage = { effects: readonly Effect[]; ack?: string };
type Options = {
  /** Names this node to operators. */
  readonly name: string;
  /** A node that has been silent for so long is considered dead. */
  readonly leaseMs: number;
  readonly readMembers: ReadMembers;
  readonly conditions: Pick<Conditions, 'begin' | 'end'>;
  readonly report: (error: unknown, doing: string) => void;
};

/** The broker of a node among several: it passes effects to the others, awaits their acks, and knows their users. */
export class RedisBroker implements Broker {
  readonly validForMs = VALID_FOR_MS;
  readonly #id = randomUUID();
  readonly #bus: Bus;
  readonly #options: Options;
  readonly #subscribers: Subscriber[] = [];
  readonly #guards: Guard[] = [];
  readonly #local = new LocalPresence((kind, body) => this.#send(kind, body));
  readonly #peers: Peers;
  readonly #acks = new Acks(ACK_WITHIN_MS);
  readonly #lateNodes: LateNodes;
  readonly #timers: NodeJS.Timeout[] = [];
  #receiptsWanted = false;
  #heartbeatAt = performance.now();
  #tickedAt = performance.now();
  #sent = 0;

  constructor(bus: Bus, options: Options) {
    this.#bus = bus;
    this.#options = options;
    this.#peers = new Peers(this.#id, options.leaseMs);
    this.#lateNodes = new LateNodes(options.conditions);
  }

  subscribe(subscriber: Subscriber): void {
    this.#subscribers.push(subscriber);
  }

  /**
   * Resolves when every other node knows of this one, so that they await its acks and it knows how late it is. By the time
   * that this node receives what it published to itself, it has also received a tick of every other node, as these are sent
   * all the time. Gives up after 5 s: another node may be dying.
   */
  async start(): Promise<void> {
    const startedAt = performance.now();
    this.#bus.subscribe({
      onMessage: (message) => this.#onMessage(message),
      onRecovered: (lost) => this.#onRecovered(lost),
    });
    this.#timers.push(
      setInterval(() => this.#heartbeat(), HEARTBEAT_MS).unref(),
      setInterval(() => this.#tick(), TICK_MS).unref(),
    );
    this.#greet();
    const isKnown = () => this.#bus.probedAt > startedAt && this.#peers.receivedUpTo > Number.NEGATIVE_INFINITY;
    while (!isKnown() && performance.now() < startedAt + START_WITHIN_MS) await sleep(CHECK_EVERY_MS);
  }

  get isHealthy(): boolean {
    return this.#bus.isHealthy;
  }

  get nodes(): number {
    return this.#peers.count + 1;
  }

  get validUntil(): number {
    return Math.min(this.#peers.receivedUpTo, this.#tickedAt) + VALID_FOR_MS;
  }

  get isCurrent(): boolean {
    return performance.now() + WRITING_MS < this.validUntil;
  }

  guardRooms(rooms: GuardedRooms): Guard {
    const { readMembers, report } = this.#options;
    const guard = new MembershipGuard(readMembers, rooms, this, (error) => report(error, 'reading members'));
    this.#guards.push(guard);
    return guard;
  }

  readonly publish: Deliver = (effects) => {
    this.#carryOut(effects);
    if (!effects.some(({ kind }) => NEEDS_ACKS.has(kind)))
      return void this.#send('effects', { effects } satisfies EffectsMessage);
    const { id: ack, acknowledged } = this.#acks.expect(this.#peers.ids);
    this.#send('effects', { effects, ack } satisfies EffectsMessage);
    return acknowledged;
  };

  setOnline(userId: number, isOnline: boolean): void {
    this.#local.setOnline(userId, isOnline);
  }

  setConnections(userId: number, count: number): void {
    this.#local.setConnections(userId, count);
  }

  setReceiptsWanted(wanted: boolean): void {
    if (wanted === this.#receiptsWanted) return;
    this.#receiptsWanted = wanted;
    if (wanted) this.#sendTick(); // the others need not wait for the next one
  }

  isOnlineElsewhere(userId: number): boolean {
    return this.#peers.isOnline(userId);
  }

  get anyOnlineElsewhere(): boolean {
    return this.#peers.anyOnline;
  }

  /** While this node receives nothing, it counts only its own connections. */
  connectionsElsewhere(userId: number): ConnectionsElsewhere {
    return this.#bus.isHealthy ? this.#peers.connectionsOf(userId) : NO_CONNECTIONS;
  }

  get receiptsWantedElsewhere(): boolean {
    return this.#peers.wantReceipts;
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#send('bye', []);
    await sleep(SENDING_MS);
    await this.#bus.close();
  }

  #send(kind: string, body: unknown): void {
    this.#sent += 1;
    this.#bus.publish({ from: this.#id, number: this.#sent, kind, body });
  }

  #introduction(): Introduction {
    return { name: this.#options.name, ...this.#local.all() };
  }

  /** Introduces this node; every other node replies with its own introduction. */
  #greet(): void {
    this.#send('hello', this.#introduction());
    this.#sendTick();
  }

  /** Names the newest message that was received from each node, by which that node knows how fresh its knowledge is. */
  #sendTick(): void {
    this.#tickedAt = performance.now();
    const received = this.#peers.tickSent(this.#sent + 1, this.#tickedAt);
    this.#send('tick', { receipts: this.#receiptsWanted, received } satisfies Tick);
  }

  #onMessage({ from, number, kind, body }: NodeMessage): void {
    if (from === this.#id) return;
    if (!this.isCurrent) this.#forgetMembers();
    if (this.#peers.isGap(from, number)) this.#missed();
    if (this.#peers.heardFrom(from)) this.#sendTick(); // so it knows at once that its messages arrive
    if (kind === 'tick') this.#peers.tickReceived(from, body as Tick);
    else if (kind === 'effects') this.#onEffects(body as EffectsMessage);
    else if (kind === 'ack') this.#acks.received(body as string, from);
    else if (kind === 'lost') this.#missed();
    else if (kind === 'online') this.#onOnline(this.#peers.setOnline(from, body as number[], true));
    else if (kind === 'offline') this.#notifyOnline(this.#peers.setOnline(from, body as number[], false));
    else if (kind === 'connections') this.#notifyConnections(this.#peers.setConnections(from, body as Count[]));
    else if (kind === 'bye') this.#onGone(from, this.#peers.remove(from));
    else if (kind === 'hello' || kind === 'heartbeat') this.#onIntroduction(from, body as Introduction);
    if (kind === 'hello') this.#send('heartbeat', this.#introduction());
  }

  #onEffects({ effects, ack }: EffectsMessage): void {
    this.#carryOut(effects);
    for (const subscriber of this.#subscribers) subscriber.effectsElsewhere?.(effects);
    if (ack !== undefined) this.#send('ack', ack);
  }

  /** Users who came online have a connection more, too. */
  #onOnline(userIds: readonly number[]): void {
    this.#notifyOnline(userIds);
    this.#notifyConnections(userIds);
  }

  #onIntroduction(node: string, introduction: Introduction): void {
    const { moved, counted } = this.#peers.introduced(node, introduction);
    this.#onOnline(moved);
    this.#notifyConnections(counted);
  }

  /** It delivers nothing any more, so its acks are not awaited. */
  #onGone(node: string, offline: readonly number[]): void {
    this.#acks.nodeGone(node);
    this.#notifyOnline(offline);
  }

  #onRecovered(lost: number): void {
    this.#peers.forgetConnections();
    this.#missed();
    if (lost > 0) this.#send('lost', []);
    this.#greet();
  }

  #tick(): void {
    if (!this.isCurrent) this.#forgetMembers();
    this.#sendTick();
    const now = performance.now();
    const receives = this.#bus.isHealthy && now - this.#bus.probedAt < PROBED_WITHIN_MS;
    for (const node of this.#peers.expired(now, TICK_MS, receives)) this.#onGone(node, this.#peers.forget(node));
    this.#lateNodes.report(receives ? this.#peers.late(now, VALID_FOR_MS - WRITING_MS) : [], now);
  }

  #heartbeat(): void {
    const now = performance.now();
    if (now - this.#heartbeatAt > PAUSE_LIMIT_MS) this.#missed();
    this.#heartbeatAt = now;
    this.#send('heartbeat', this.#introduction());
  }

  #carryOut(effects: readonly Effect[]): void {
    for (const subscriber of this.#subscribers) subscriber.effects?.(effects);
  }

  #notifyOnline(userIds: readonly number[]): void {
    for (const subscriber of this.#subscribers) subscriber.onlineElsewhere?.(userIds);
  }

  #notifyConnections(userIds: readonly number[]): void {
    for (const subscriber of this.#subscribers) subscriber.connectionsElsewhere?.(userIds);
  }

  #missed(): void {
    this.#forgetMembers();
    for (const subscriber of this.#subscribers) subscriber.missed?.();
  }

  /** The next messages may be older than a removal. */
  #forgetMembers(): void {
    for (const guard of this.#guards) guard.forget();
  }
}
