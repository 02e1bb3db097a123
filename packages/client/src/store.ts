/** A value that can be read and observed. */
export interface Store<T> {
  /** Returns the same immutable value until it changes. */
  get(): T;
  /** @returns a function that removes the listener */
  subscribe(listener: () => void): () => void;
}

/** Notifies its listeners once, however much changes in one iteration of the event loop. */
class Listeners {
  readonly #listeners = new Set<() => void>();
  #isScheduled = false;

  readonly subscribe = (listener: () => void): (() => void) => {
    const own = () => listener(); // the same function may be added twice
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  };

  notify(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      // in separate microtasks, so that an error of one listener does not affect the others
      for (const listener of this.#listeners)
        queueMicrotask(() => {
          if (this.#listeners.has(listener)) listener();
        });
    });
  }
}

/** A value that is set. */
export class ValueStore<T> implements Store<T> {
  #value: T;
  readonly #listeners = new Listeners();
  readonly subscribe = this.#listeners.subscribe;

  constructor(value: T) {
    this.#value = value;
  }

  readonly get = (): T => this.#value;

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    this.#listeners.notify();
  }
}

/** A value that is computed from other state when it is read. */
export class DerivedStore<T> implements Store<T> {
  readonly #derive: () => T;
  readonly #listeners = new Listeners();
  #cached: { value: T } | undefined;
  readonly subscribe = this.#listeners.subscribe;

  constructor(derive: () => T) {
    this.#derive = derive;
  }

  readonly get = (): T => {
    this.#cached ??= { value: this.#derive() };
    return this.#cached.value;
  };

  /** The underlying state has changed. */
  changed(): void {
    this.#cached = undefined;
    this.#listeners.notify();
  }
}

/** A value that is computed from other stores. */
export function combineStores<T>(sources: readonly Store<unknown>[], derive: () => T): Store<T> {
  const derived = new DerivedStore(derive);
  for (const source of sources) source.subscribe(() => derived.changed());
  return derived;
}
