import type { Deliver } from '../delivery/effects.ts';
import type { Guard } from '../delivery/membership-guard.ts';
import type { Broker, ConnectionsElsewhere, Subscriber } from './broker.ts';

const NONE: ConnectionsElsewhere = { all: 0, closedFirst: 0 };
/** A single node knows of every removal, because it carries all of them out. */
const OPEN: Guard = {
  pass: (_room, emit) => emit(),
  joined: () => true,
  left: () => undefined,
  forget: () => undefined,
};
const nothing = () => undefined;

/** The broker of a single node: effects go from their publisher to the subscribers, and there are no other nodes. */
export class MemoryBroker implements Broker {
  readonly #subscribers: NonNullable<Subscriber['effects']>[] = [];
  readonly isCurrent = true;
  readonly validUntil = Number.POSITIVE_INFINITY;
  readonly validForMs = Number.POSITIVE_INFINITY;
  readonly isHealthy = true;
  readonly nodes = 1;
  readonly anyOnlineElsewhere = false;
  readonly receiptsWantedElsewhere = false;

  readonly publish: Deliver = (effects) => {
    for (const carryOut of this.#subscribers) carryOut(effects);
    return undefined;
  };

  subscribe({ effects }: Subscriber): void {
    if (effects !== undefined) this.#subscribers.push(effects);
  }

  readonly guardRooms = (): Guard => OPEN;
  readonly isOnlineElsewhere = (): boolean => false;
  readonly connectionsElsewhere = (): ConnectionsElsewhere => NONE;
  readonly setOnline = nothing;
  readonly setConnections = nothing;
  readonly setReceiptsWanted = nothing;

  async start(): Promise<void> {}

  async close(): Promise<void> {}
}
