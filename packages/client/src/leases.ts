/** What holds for a while, and runs out by itself unless it is renewed. */
export class Leases<Key, Held> {
  readonly #held = new Map<Key, { value: Held; endsAt: number }>();
  readonly #ended: (key: Key) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ended: (key: Key) => void) {
    this.#ended = ended;
  }

  hold(key: Key, value: Held, forMs: number): void {
    this.#held.set(key, { value, endsAt: performance.now() + forMs });
    this.#wait();
  }

  /** Changes what is held, and not for how long. */
  change(key: Key, change: (value: Held) => Held): void {
    const held = this.#held.get(key);
    if (held !== undefined) held.value = change(held.value);
  }

  release(key: Key): void {
    this.#held.delete(key);
  }

  get(key: Key): Held | undefined {
    return this.#held.get(key)?.value;
  }

  values(): Held[] {
    return [...this.#held.values()].map(({ value }) => value);
  }

  keys(): Key[] {
    return [...this.#held.keys()];
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#held.clear();
  }

  #wait(): void {
    clearTimeout(this.#timer);
    if (this.#held.size === 0) return;
    const next = Math.min(...[...this.#held.values()].map(({ endsAt }) => endsAt));
    this.#timer = setTimeout(() => this.#endDue(), Math.max(0, next - performance.now()) + 1);
  }

  #endDue(): void {
    const due = this.keys().filter((key) => (this.#held.get(key)?.endsAt ?? 0) <= performance.now());
    for (const key of due) this.#held.delete(key);
    for (const key of due) this.#ended(key);
    this.#wait();
  }
}
