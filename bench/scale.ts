/** Sizes and durations of a run. */
export type Scale = {
  /** Measured windows per contender; the medians count. */
  runs: number;
  seconds: number;
  warmSeconds: number;
  /** Clients in the room of a fan-out. */
  recipients: number;
  /** Sends in flight. */
  inFlight: number;
  /** Clients that connect. */
  connecting: number;
  /** Clients that are connected and idle. */
  idle: number;
  /** Sizes of the databases that are compared, in messages, ascending. */
  sizes: readonly number[];
  /** Members of the large group, and conversations of the user with many. */
  large: number;
  /** Calls of each operation behind one median. */
  calls: number;
};

/** The scale of `npm run bench`. */
export const FULL: Scale = {
  runs: 3,
  seconds: 1.5,
  warmSeconds: 0.3,
  recipients: 1_000,
  inFlight: 200,
  connecting: 2_000,
  idle: 2_000,
  sizes: [1_000, 100_000, 1_000_000],
  large: 10_000,
  calls: 40,
};

/** Shows that everything works; its figures are meaningless. */
export const SMOKE: Scale = {
  runs: 1,
  seconds: 0.4,
  warmSeconds: 0.05,
  recipients: 12,
  inFlight: 20,
  connecting: 20,
  idle: 20,
  sizes: [400, 800],
  large: 50,
  calls: 2,
};
