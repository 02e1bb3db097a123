/** A call's position among the calls of its connection. */
export class CallPosition {
  readonly #order: CallOrder;
  readonly #number: number;

  constructor(order: CallOrder, number: number) {
    this.#order = order;
    this.#number = number;
  }

  /** Identifies the connection: the same object for all of its calls. */
  get connection(): object {
    return this.#order;
  }

  /** Resolves when all earlier calls have started or been given up; undefined if they already have. */
  previousStarted(): Promise<void> | undefined {
    return this.#order.waitFor(this.#number);
  }

  /** To be called when the call has started or been given up: the next one may start. Idempotent. */
  release(): void {
    this.#order.release(this.#number);
  }
}

/**
 * Starts the calls of one connection in order of arrival, although the look-ups that precede a start (limits, for example)
 * are batched and may take longer for one call than for the next. It does not wait for the call to finish: started calls are
 * in the writer's queue, which keeps their order.
 */
class CallOrder {
  #arrived = 0;
  /** All calls with a lower number have been released. */
  #next = 0;
  /** Calls that were released early, because they were refused. */
  readonly #releasedEarly = new Set<number>();
  readonly #waiting = new Map<number, () => void>();

  add(): CallPosition {
    const position = new CallPosition(this, this.#arrived);
    this.#arrived += 1;
    return position;
  }

  waitFor(number: number): Promise<void> | undefined {
    if (number <= this.#next) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(number, resolve);
    return promise;
  }

  release(number: number): void {
    if (number < this.#next) return;
    if (number > this.#next) return void this.#releasedEarly.add(number);
    this.#next += 1;
    if (this.#next < this.#arrived) this.#startNext();
  }

  #startNext(): void {
    while (this.#releasedEarly.delete(this.#next)) this.#next += 1;
    this.#waiting.get(this.#next)?.();
    this.#waiting.delete(this.#next);
  }
}

const orders = new WeakMap<object, CallOrder>();

/**
 * Assigns a call its position; to be called as soon as the call arrives.
 * @param connection a Socket.IO connection (all of its namespaces share one), a plain WebSocket, or the TCP connection of an
 *   HTTP request
 */
export function positionOf(connection: object): CallPosition {
  let order = orders.get(connection);
  if (order === undefined) {
    order = new CallOrder();
    orders.set(connection, order);
  }
  return order.add();
}
