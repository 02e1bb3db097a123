import type { Deliver, Effect } from '../delivery/effects.ts';
import type { Guard, GuardedRooms, Knowledge } from '../delivery/membership-guard.ts';

/**
 * Passes effects between the nodes of an installation, and knows who is connected to the other nodes. `memory.ts` serves a
 * single node, `redis/` several.
 */
export type Broker = Knowledge & {
  /** Passes effects to the subscribers on this node, then to those on the other nodes. */
  readonly publish: Deliver;
  subscribe(subscriber: Subscriber): void;
  /** Begins to exchange messages with other nodes; to be called when everything has subscribed. */
  start(): Promise<void>;
  /** The guard of this node's rooms against effects of other nodes that are late or lost. */
  guardRooms(rooms: GuardedRooms): Guard;

  /** Whether this node exchanges messages with the others, as far as it knows. */
  readonly isHealthy: boolean;
  /** How many nodes there are, as far as this one knows: itself and the others. */
  readonly nodes: number;

  /** A user came online or went offline on this node. */
  setOnline(userId: number, isOnline: boolean): void;
  /** How many connections a user now has on this node. */
  setConnections(userId: number, count: number): void;
  /** Whether a client of this node subscribed to live delivery receipts. */
  setReceiptsWanted(wanted: boolean): void;

  /** Whether a user is online on another node. */
  isOnlineElsewhere(userId: number): boolean;
  readonly anyOnlineElsewhere: boolean;
  connectionsElsewhere(userId: number): ConnectionsElsewhere;
  /** Whether a client of another node subscribed to live delivery receipts. */
  readonly receiptsWantedElsewhere: boolean;

  close(): Promise<void>;
};

/** Handles effects that are published on this node or on another one. */
export type Subscriber = {
  /** Effects that any node published, this one included. */
  readonly effects?: (effects: readonly Effect[]) => void;
  /** Effects that another node published. */
  readonly effectsElsewhere?: (effects: readonly Effect[]) => void;
  /** Users came online or went offline on other nodes. */
  readonly onlineElsewhere?: (userIds: Iterable<number>) => void;
  /** Users may have more connections on other nodes than before. */
  readonly connectionsElsewhere?: (userIds: Iterable<number>) => void;
  /** Effects of other nodes may have been lost: do not trust what is cached. */
  readonly missed?: () => void;
};

/** How many connections a user has on other nodes. */
export type ConnectionsElsewhere = {
  readonly all: number;
  /** Those on nodes that close excess connections before this node does. */
  readonly closedFirst: number;
};
