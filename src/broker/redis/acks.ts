import { randomUUID } from 'node:crypto';

type Pending = { missing: Set<string>; done: () => void };

/** Waits until every node has acknowledged a message or is dead, or until a timeout. */
export class Acks {
  readonly #withinMs: number;
  readonly #pending = new Map<string, Pending>();

  constructor(withinMs: number) {
    this.#withinMs = withinMs;
  }

  /** @param nodes that have to acknowledge the message of this id */
  expect(nodes: ReadonlySet<string>): { id: string; acknowledged: Promise<void> } {
    const id = randomUUID();
    const { promise, resolve } = Promise.withResolvers<void>();
    if (nodes.size === 0) return { id, acknowledged: Promise.resolve() };
    const timer = setTimeout(() => this.#finish(id), this.#withinMs);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    this.#pending.set(id, { missing: new Set(nodes), done });
    return { id, acknowledged: promise };
  }

  received(id: string, node: string): void {
    const pending = this.#pending.get(id);
    pending?.missing.delete(node);
    if (pending?.missing.size === 0) this.#finish(id);
  }

  /** A dead node delivers nothing any more. */
  nodeGone(node: string): void {
    for (const id of this.#pending.keys()) this.received(id, node);
  }

  #finish(id: string): void {
    this.#pending.get(id)?.done();
    this.#pending.delete(id);
  }
}
