import type { WebSocket } from 'ws';

const LOOK_EVERY_MS = 1_000;

/** Moments of the monotonic clock. */
type Pulse = { pingAt: number; pongBy: number };

/** Pings every WebSocket and cuts those that do not answer: one timer for all of them. */
export class Heartbeat {
  readonly #pulses = new Map<WebSocket, Pulse>();
  readonly #pingEveryMs: number;
  readonly #pongWithinMs: number;
  readonly #timer: NodeJS.Timeout;

  constructor(pingEveryMs: number, pongWithinMs: number, lookEveryMs = LOOK_EVERY_MS) {
    this.#pingEveryMs = pingEveryMs;
    this.#pongWithinMs = pongWithinMs;
    this.#timer = setInterval(() => this.#look(), lookEveryMs).unref();
  }

  watch(socket: WebSocket): void {
    const alive = () =>
      this.#pulses.set(socket, { pingAt: performance.now() + this.#pingEveryMs, pongBy: Number.POSITIVE_INFINITY });
    alive();
    socket.on('pong', alive);
    socket.once('close', () => this.#pulses.delete(socket));
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    for (const [socket, pulse] of this.#pulses) {
      if (pulse.pongBy <= now) socket.terminate();
      else if (pulse.pingAt <= now) {
        socket.ping();
        this.#pulses.set(socket, { pingAt: Number.POSITIVE_INFINITY, pongBy: now + this.#pongWithinMs });
      }
    }
  }
}
