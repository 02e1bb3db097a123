/** How many of its own ticks a node looks back to; older ones prove nothing. */
const MAX_TICKS = 64;

/**
 * How old, at most, is what this node has received from each other node, by its own monotonic clock. Every tick of a node
 * names the newest message that it has received from each other node. If a tick names a message of this node, it was sent
 * after that message; and messages of one node arrive in order, or leave a gap in their numbers. So this node has received
 * everything that the other sent before it received that message. No clocks are compared, and a delay shows, whichever its
 * direction.
 */
export class Freshness {
  readonly #ticks: { readonly number: number; readonly sentAt: number }[] = [];
  /** Per node: everything that it sent before this moment has been received. */
  readonly #upTo = new Map<string, number>();
  #oldest = Number.POSITIVE_INFINITY;

  /** The moment up to which everything that any other node sent has been received; infinite without other nodes. */
  get upTo(): number {
    return this.#oldest;
  }

  /** The same for one node; negative infinity if nothing is known. */
  upToOf(node: string): number {
    return this.#upTo.get(node) ?? Number.NEGATIVE_INFINITY;
  }

  /** This node sends a tick. @param number of the message */
  tickSent(number: number, now: number): void {
    this.#ticks.push({ number, sentAt: now });
    if (this.#ticks.length > MAX_TICKS) this.#ticks.shift();
  }

  /** Another node appeared; nothing is known to have arrived from it. */
  add(node: string): void {
    if (this.#upTo.has(node)) return;
    this.#upTo.set(node, Number.NEGATIVE_INFINITY);
    this.#oldest = Number.NEGATIVE_INFINITY;
  }

  /** A tick of another node names the newest message that it has received from this one. */
  tickReceived(node: string, newestReceived: number): void {
    const tick = this.#ticks.findLast(({ number }) => number <= newestReceived);
    if (tick === undefined || tick.sentAt <= this.upToOf(node)) return;
    this.#upTo.set(node, tick.sentAt);
    this.#oldest = Math.min(...this.#upTo.values());
  }

  forget(node: string): void {
    this.#upTo.delete(node);
    this.#oldest = Math.min(...this.#upTo.values());
  }
}
