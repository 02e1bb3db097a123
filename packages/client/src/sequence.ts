/** How long to wait for a missing event that others have overtaken before it counts as missed. */
const GAP_TIMEOUT_MS = 700;

type Change = () => void;

/**
 * Applies the changes of a conversation in the order of their `seq`. Buffers early ones until the gap before them is
 * filled; calls `onGap` if it stays.
 */
export class Sequence {
  /** Everything up to here has been applied. */
  #seq: number;
  /**
   * The kinds of events applied for the current `seq`, which several events may share; undefined if it was reached by
   * other means.
   */
  #kinds: Set<string> | undefined;
  readonly #early = new Map<number, Map<string, Change>>();
  readonly #onGap: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(seq: number, onGap: () => void) {
    this.#seq = seq;
    this.#onGap = onGap;
  }

  get seq(): number {
    return this.#seq;
  }

  /** Applies a change when it is next in order; once, even if it arrives several times. */
  receive(seq: number, kind: string, change: Change): void {
    if (seq === this.#seq && this.#kinds?.has(kind) === false) this.#run(seq, kind, change);
    if (seq <= this.#seq) return;
    if (seq > this.#seq + 1) {
      this.#early.set(seq, (this.#early.get(seq) ?? new Map()).set(kind, change));
      this.#timer ??= this.#startTimer();
      return;
    }
    this.#run(seq, kind, change);
    this.#drain();
  }

  /** Everything up to `seq` is known by other means. */
  advance(seq: number): void {
    if (seq > this.#seq) this.restart(seq);
    else this.#drain();
  }

  /** Continues from `seq`, even if it is lower than before. */
  restart(seq: number): void {
    this.#seq = seq;
    this.#kinds = undefined;
    for (const early of this.#early.keys()) if (early <= seq) this.#early.delete(early);
    this.#drain();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#early.clear();
  }

  #run(seq: number, kind: string, change: Change): void {
    if (seq > this.#seq) this.#kinds = new Set();
    this.#seq = seq;
    this.#kinds?.add(kind);
    change();
  }

  #drain(): void {
    for (let next = this.#early.get(this.#seq + 1); next !== undefined; next = this.#early.get(this.#seq + 1)) {
      const seq = this.#seq + 1;
      this.#early.delete(seq);
      for (const [kind, change] of next) this.#run(seq, kind, change);
    }
    clearTimeout(this.#timer);
    this.#timer = this.#early.size > 0 ? this.#startTimer() : undefined;
  }

  #startTimer() {
    return setTimeout(() => {
      this.#timer = undefined;
      this.#onGap();
    }, GAP_TIMEOUT_MS);
  }
}
