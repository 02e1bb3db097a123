/** What can be looked at, and tells when it has changed: a signal, a store, whatever a UI calls it. */
export interface Readable<T> {
  /** The same value, which nothing alters, until there is another. */
  get(): T;
  /** @returns how to stop hearing of changes */
  subscribe(listener: () => void): () => void;
}

/** Tells its listeners once, however much changed in one turn of the event loop. */
class Listeners {
  readonly #listeners = new Set<() => void>();
  #due = false;

  get size(): number {
    return this.#listeners.size;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    const own = () => listener(); // the same function may listen twice
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  };

  tell(): void {
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      // each in a task of its own, so that one that throws keeps nobody else from hearing
      for (const listener of this.#listeners)
        queueMicrotask(() => {
          if (this.#listeners.has(listener)) listener();
        });
    });
  }
}

/** A value that is set. */
export class Value<T> implements Readable<T> {
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
    this.#listeners.tell();
  }
}

/** A value that is made from others when somebody looks at it. */
export class Derived<T> implements Readable<T> {
  readonly #make: () => T;
  readonly #listeners = new Listeners();
  #made: { value: T } | undefined;
  readonly subscribe = this.#listeners.subscribe;

  constructor(make: () => T) {
    this.#make = make;
  }

  readonly get = (): T => {
    this.#made ??= { value: this.#make() };
    return this.#made.value;
  };

  /** What it is made from has changed. */
  changed(): void {
    this.#made = undefined;
    this.#listeners.tell();
  }
}

/** A value that is made from what others give. */
export function combined<T>(sources: readonly Readable<unknown>[], make: () => T): Readable<T> {
  const derived = new Derived(make);
  for (const source of sources) source.subscribe(() => derived.changed());
  return derived;
}
