/** How long an event may be overtaken by others before it counts as missed. */
const PATIENCE_MS = 700;

type Change = () => void;

/**
 * The numbered changes of one conversation, in their order. What comes too early waits for what is missing; if that does
 * not come, `missed` is told.
 */
export class Sequence {
  /** Everything up to here has been taken. */
  #seq: number;
  /** What was taken of the newest number, which several events may bear; none where it is known from elsewhere. */
  #kinds: Set<string> | undefined;
  readonly #early = new Map<number, Map<string, Change>>();
  readonly #missed: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(seq: number, missed: () => void) {
    this.#seq = seq;
    this.#missed = missed;
  }

  get seq(): number {
    return this.#seq;
  }

  /** Takes a change when it is its turn; once, whichever way and how often it comes. */
  take(seq: number, kind: string, change: Change): void {
    if (seq === this.#seq && this.#kinds?.has(kind) === false) this.#run(seq, kind, change);
    if (seq <= this.#seq) return;
    if (seq > this.#seq + 1) {
      this.#early.set(seq, (this.#early.get(seq) ?? new Map()).set(kind, change));
      this.#timer ??= this.#watch();
      return;
    }
    this.#run(seq, kind, change);
    this.#drain();
  }

  /** Everything up to `seq` is known from elsewhere. */
  advance(seq: number): void {
    if (seq > this.#seq) this.restart(seq);
    else this.#drain();
  }

  /** Goes on from `seq`, even if that lies before what was known. */
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
    this.#timer = this.#early.size > 0 ? this.#watch() : undefined;
  }

  #watch() {
    return setTimeout(() => {
      this.#timer = undefined;
      this.#missed();
    }, PATIENCE_MS);
  }
}
