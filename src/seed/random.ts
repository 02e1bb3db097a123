/** Chance that comes out the same for the same seed. */
export type Chance = {
  /** From 0 up to, but not including, 1. */
  next(): number;
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  one<T>(among: readonly T[]): T;
  /** So many different ones, or all if there are fewer, in any order. */
  some<T>(among: readonly T[], count: number): T[];
  happens(probability: number): boolean;
};

/** Mulberry32 (Tommy Ettinger, 2017): 32 bits of state are plenty for making conversation. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    between,
    one: <T>(among: readonly T[]) => among[between(0, among.length - 1)] as T, // never asked for one of none
    some<T>(among: readonly T[], count: number) {
      const left = [...among];
      const taken: T[] = [];
      while (taken.length < count && left.length > 0) taken.push(...left.splice(between(0, left.length - 1), 1));
      return taken;
    },
    happens: (probability) => next() < probability,
  };
}
