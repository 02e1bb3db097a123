import { LRUCache } from 'lru-cache';

/**
 * A cache that drops the least recently used of more than `most` entries. It grows with its entries: with `max`, LRUCache
 * would allocate all of them at once, which takes 10 ms of the start of a server per 50,000.
 */
export const cacheOf = <Key extends number | string, Value extends object | number>(
  most: number,
): LRUCache<Key, Value> => new LRUCache({ maxSize: most, sizeCalculation: () => 1 });
