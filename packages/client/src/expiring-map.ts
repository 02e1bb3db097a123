/** A map whose entries expire unless they are set again. */
export class ExpiringMap<Key, Value> {
  readonly #entries = new Map<Key, { value: Value; expiresAt: number }>();
  readonly #onExpired: (key: Key) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(onExpired: (key: Key) => void) {
    this.#onExpired = onExpired;
  }

  set(key: Key, value: Value, ttlMs: number): void {
    this.#entries.set(key, { value, expiresAt: performance.now() + ttlMs });
    this.#schedule();
  }

  /** Changes a value without extending its lifetime. */
  update(key: Key, update: (value: Value) => Value): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) entry.value = update(entry.value);
  }

  delete(key: Key): void {
    this.#entries.delete(key);
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key)?.value;
  }

  values(): Value[] {
    return [...this.#entries.values()].map(({ value }) => value);
  }

  keys(): Key[] {
    return [...this.#entries.keys()];
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#entries.clear();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#entries.size === 0) return;
    const next = Math.min(...[...this.#entries.values()].map(({ expiresAt }) => expiresAt));
    this.#timer = setTimeout(() => this.#expireDue(), Math.max(0, next - performance.now()) + 1);
  }

  #expireDue(): void {
    const due = this.keys().filter((key) => (this.#entries.get(key)?.expiresAt ?? 0) <= performance.now());
    for (const key of due) this.#entries.delete(key);
    for (const key of due) this.#onExpired(key);
    this.#schedule();
  }
}
