/** A random generator that is reproducible by its seed. */
export type Chance = {
  /** From 0, up to but excluding 1. */
  next(): number;
  /** An integer from `least` to `most`, inclusive. */
  between(least: number, most: number): number;
  one<T>(among: readonly T[]): T;
  /** The given number of different elements, or all if there are fewer, in random order. */
  some<T>(among: readonly T[], count: number): T[];
  happens(probability: number): boolean;
};

/** Mulberry32 (Tommy Ettinger, 2017): 32 bits of state suffice for demo data. */
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
    one: <T>(among: readonly T[]) => among[between(0, among.length - 1)] as T, // never called with an empty list
    some<T>(among: readonly T[], count: number) {
      const left = [...among];
      const taken: T[] = [];
      while (taken.length < count && left.length > 0) taken.push(...left.splice(between(0, left.length - 1), 1));
      return taken;
    },
    happens: (probability) => next() < probability,
  };
}
