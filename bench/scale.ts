/** How big and how long a run is. */
export type Scale = {
  /** How often each side is measured; the medians count. */
  runs: number;
  seconds: number;
  warmSeconds: number;
  /** Clients in a room of the fan-out. */
  audience: number;
  /** Sends in flight. */
  inFlight: number;
  /** Clients that connect, or are there and idle. */
  arriving: number;
  idle: number;
  /** Sizes of the databases that are compared, in messages, the largest last. */
  sizes: readonly number[];
  /** Members of the large group, and conversations of the user with many. */
  many: number;
  /** How often each operation is asked for, for one median. */
  times: number;
};

/** What `npm run bench` does. */
export const FULL: Scale = {
  runs: 3,
  seconds: 1.5,
  warmSeconds: 0.3,
  audience: 1_000,
  inFlight: 200,
  arriving: 2_000,
  idle: 2_000,
  sizes: [1_000, 100_000, 1_000_000],
  many: 10_000,
  times: 40,
};

/** Shows that everything works, and nothing about speed. */
export const SMOKE: Scale = {
  runs: 1,
  seconds: 0.4,
  warmSeconds: 0.05,
  audience: 12,
  inFlight: 20,
  arriving: 20,
  idle: 20,
  sizes: [400, 800],
  many: 50,
  times: 2,
};
