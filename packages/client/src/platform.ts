/** The features of the environment, a browser or Node, that the client uses if they exist. */
type Platform = {
  readonly location?: { readonly origin: string };
  readonly localStorage?: OutboxStorage;
  addEventListener?(type: string, listener: (event: { key?: string | null }) => void): void;
  removeEventListener?(type: string, listener: (event: { key?: string | null }) => void): void;
};

/** Where unsent messages are stored: the needed subset of the browser's `Storage`. */
export type OutboxStorage = {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
};

const platform: Platform = globalThis as never; // Node lacks what browsers have: each feature is checked before use
/** Node has a `localStorage` too, and warns when it is accessed: only a browser has a location. */
const isBrowser = platform.location !== undefined;

/** The page's origin; undefined outside a browser. */
export const ownOrigin = (): string | undefined => platform.location?.origin;

/** The browser's storage; memory elsewhere, or if the browser denies access. */
export function defaultStorage(): OutboxStorage {
  try {
    return (isBrowser ? platform.localStorage : undefined) ?? memoryStorage();
  } catch {
    return memoryStorage(); // a browser that blocks storage throws on access
  }
}

/** Storage in memory, which lasts as long as it is referenced. */
export function memoryStorage(): OutboxStorage {
  const items = new Map<string, string>();
  return {
    get length() {
      return items.size;
    },
    key: (index) => [...items.keys()][index] ?? null,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

/**
 * Listens to an event of the browser's window; does nothing elsewhere. @returns a function that removes the listener
 */
export function onWindow(type: 'online' | 'storage', listener: (event: { key?: string | null }) => void): () => void {
  if (!isBrowser) return () => undefined;
  platform.addEventListener?.(type, listener);
  return () => platform.removeEventListener?.(type, listener);
}

/** A unique id. `crypto.randomUUID` is missing in pages loaded over plain HTTP. */
export function uniqueId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
