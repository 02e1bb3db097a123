import { LRUCache } from 'lru-cache';

/**
 * A cache that drops the least recently used of more than `most` entries. It grows with its entries: with `max`, LRUCache
 * would allocate all of them at once, which takes 20 ms of the start of a server for the caches of this folder.
 */
export const cacheOf = <Value extends object>(most: number): LRUCache<string, Value> =>
  new LRUCache({ maxSize: most, sizeCalculation: () => 1 });
