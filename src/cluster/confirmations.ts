import { randomUUID } from 'node:crypto';

type Waiting = { missing: Set<string>; done: () => void };

/** Waits until every node has confirmed something, or is gone, or a bound is reached. */
export class Confirmations {
  readonly #withinMs: number;
  readonly #waiting = new Map<string, Waiting>();

  constructor(withinMs: number) {
    this.#withinMs = withinMs;
  }

  /** @param nodes those who have to confirm */
  ask(nodes: ReadonlySet<string>): { id: string; confirmed: Promise<void> } {
    const id = randomUUID();
    const { promise, resolve } = Promise.withResolvers<void>();
    if (nodes.size === 0) return { id, confirmed: Promise.resolve() };
    const late = setTimeout(() => this.#settle(id), this.#withinMs);
    const done = () => {
      clearTimeout(late);
      resolve();
    };
    this.#waiting.set(id, { missing: new Set(nodes), done });
    return { id, confirmed: promise };
  }

  confirm(id: string, node: string): void {
    const waiting = this.#waiting.get(id);
    waiting?.missing.delete(node);
    if (waiting?.missing.size === 0) this.#settle(id);
  }

  /** A node that is gone delivers nothing any more. */
  gone(node: string): void {
    for (const id of this.#waiting.keys()) this.confirm(id, node);
  }

  #settle(id: string): void {
    this.#waiting.get(id)?.done();
    this.#waiting.delete(id);
  }
}
