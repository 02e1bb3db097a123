/** What the client takes from where it runs, where it is there: a browser, or Node. */
type Surroundings = {
  readonly location?: { readonly origin: string };
  readonly localStorage?: OutboxStorage;
  addEventListener?(type: string, listener: (event: { key?: string | null }) => void): void;
  removeEventListener?(type: string, listener: (event: { key?: string | null }) => void): void;
};

/** Where unsent messages are kept: as much of the browsers' `Storage` as is needed. */
export type OutboxStorage = {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
};

const here: Surroundings = globalThis as never; // what a browser has, and Node has not, is looked for before it is used
/** Node has a `localStorage` too, and warns when it is touched: a browser is known by its address. */
const isBrowser = here.location !== undefined;

/** The page's origin, or none outside of a browser. */
export const ownOrigin = (): string | undefined => here.location?.origin;

/** The browser's storage; memory elsewhere, and where the browser forbids it. */
export function defaultStorage(): OutboxStorage {
  try {
    return (isBrowser ? here.localStorage : undefined) ?? memoryStorage();
  } catch {
    return memoryStorage(); // a browser that keeps nothing throws at the mere look
  }
}

/** Storage that lasts as long as it is referred to. */
export function memoryStorage(): OutboxStorage {
  const kept = new Map<string, string>();
  return {
    get length() {
      return kept.size;
    },
    key: (index) => [...kept.keys()][index] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

/** Hears an event of the browser's window; none elsewhere. @returns how to stop */
export function onWindow(type: 'online' | 'storage', listener: (event: { key?: string | null }) => void): () => void {
  if (!isBrowser) return () => undefined;
  here.addEventListener?.(type, listener);
  return () => here.removeEventListener?.(type, listener);
}

/** An id that nobody else makes. `crypto.randomUUID` is missing where a page came over plain HTTP. */
export function uniqueId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
