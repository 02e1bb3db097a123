/** A call's place among those of its connection. */
export class Place {
  readonly #order: CallOrder;
  readonly #number: number;

  constructor(order: CallOrder, number: number) {
    this.#order = order;
    this.#number = number;
  }

  /** Resolves when every earlier call has been started or given up; undefined if they all have. */
  turn(): Promise<void> | undefined {
    return this.#order.turnOf(this.#number);
  }

  /** The call has been started, or given up: the next one may start. Calling it again changes nothing. */
  done(): void {
    this.#order.done(this.#number);
  }
}

/**
 * Has the calls of one connection start in the order in which they arrived. What is looked up before a call can start
 * (its limits, for one) is looked up for many calls at once, and may take longer for one than for the next. It does not
 * wait for what a call does: the writer, in whose queue started calls stand, keeps their order from there on.
 */
class CallOrder {
  #arrived = 0;
  /** Every call with a lower number is done. */
  #next = 0;
  /** Calls that were done before it was their turn: refused ones. */
  readonly #done = new Set<number>();
  readonly #waiting = new Map<number, () => void>();

  arrive(): Place {
    const place = new Place(this, this.#arrived);
    this.#arrived += 1;
    return place;
  }

  turnOf(number: number): Promise<void> | undefined {
    if (number <= this.#next) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(number, resolve);
    return promise;
  }

  done(number: number): void {
    if (number < this.#next) return;
    if (number > this.#next) return void this.#done.add(number);
    this.#next += 1;
    if (this.#next < this.#arrived) this.#startNext();
  }

  /** Nobody waits where calls can be started as they arrive, which is nearly always. */
  #startNext(): void {
    while (this.#done.delete(this.#next)) this.#next += 1;
    this.#waiting.get(this.#next)?.();
    this.#waiting.delete(this.#next);
  }
}

const orders = new WeakMap<object, CallOrder>();

/**
 * To be called at once when a call arrives.
 * @param connection what it arrived on: a Socket.IO connection (all of its namespaces share one), a plain WebSocket, or
 *   the TCP connection of an HTTP request
 */
export function placeOf(connection: object): Place {
  let order = orders.get(connection);
  if (order === undefined) {
    order = new CallOrder();
    orders.set(connection, order);
  }
  return order.arrive();
}
