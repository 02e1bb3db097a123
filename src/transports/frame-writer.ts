import * as ws from 'ws';

/** An encoded WebSocket frame: its header, and its payload. */
export type Frame = readonly Buffer[];

/** The types of `ws` omit both; engine.io uses them in the same way. `ws` is pinned, and tests guard it. */
const { Sender } = ws as unknown as { Sender: { frame(data: Buffer, options: object): Buffer[] } };
type WithSender = { _sender: { sendFrame(frame: Frame): void } };

const TEXT = { opcode: 1, fin: true, rsv1: false, mask: false, readOnly: false };
/** With more bytes buffered, a connection is written to before the tick ends. */
const MAX_BUFFERED_BYTES = 262_144;

export const textFrame = (text: string): Frame => Sender.frame(Buffer.from(text), TEXT);

/**
 * The frames of one connection in one tick, as a chain in which each knows the one before it. Connections in the same rooms
 * get the same frames in the same order, so they share a chain, and its bytes are joined once for all of them.
 */
class FrameChain {
  readonly bytes: number;
  readonly #before: FrameChain | undefined;
  readonly #frame: Frame;
  #after: FrameChain | undefined;
  #joined: Buffer | undefined;

  constructor(frame: Frame, before?: FrameChain) {
    this.#frame = frame;
    this.#before = before;
    this.bytes = frame.reduce((sum, { length }) => sum + length, before?.bytes ?? 0);
  }

  append(frame: Frame): FrameChain {
    if (this.#after === undefined || this.#after.#frame !== frame) this.#after = new FrameChain(frame, this);
    return this.#after;
  }

  joined(): Buffer {
    this.#joined ??= this.#join();
    return this.#joined;
  }

  #join(): Buffer {
    const joined = Buffer.allocUnsafe(this.bytes);
    for (let chain: FrameChain | undefined = this; chain !== undefined; chain = chain.#before) {
      let offset = chain.#before?.bytes ?? 0;
      for (const part of chain.#frame) {
        joined.set(part, offset);
        offset += part.length;
      }
    }
    return joined;
  }
}

/**
 * Collects the frames of one tick for each WebSocket, and writes them with one system call each when the tick ends: system
 * calls are two thirds of the cost of a fan-out. A tick is one callback of the event loop and all promise jobs that follow
 * from it, so the events and acknowledgements of a batch of the group commit are written together. It waits for no timer,
 * and for no further round of the event loop.
 */
export class TickBuffer {
  readonly #validForMs: number;
  #start = new FrameChain([]);
  #waiting: FrameWriter[] = [];
  /** After this moment of the monotonic clock none of the frames may be written. */
  #writeBy = Number.POSITIVE_INFINITY;

  /**
   * @param validForMs discards frames that are older, as after a pause of the process: a recipient may have been removed
   *   meanwhile, on another node
   */
  constructor(validForMs = Number.POSITIVE_INFINITY) {
    this.#validForMs = validForMs;
  }

  /** The empty chain with which every connection begins in this tick. */
  get start(): FrameChain {
    return this.#start;
  }

  get isExpired(): boolean {
    const canExpire = this.#writeBy < Number.POSITIVE_INFINITY; // a single node need not read the clock per connection
    return canExpire && performance.now() >= this.#writeBy;
  }

  /** Discards the collected frames if they are not written before this moment: their connections end, and clients sync. */
  readonly writeBy = (moment: number): void => {
    if (this.#waiting.length > 0) this.#writeBy = Math.min(this.#writeBy, moment);
  };

  add(writer: FrameWriter): void {
    if (this.#waiting.length === 0) {
      this.#writeBy =
        this.#validForMs === Number.POSITIVE_INFINITY ? this.#validForMs : performance.now() + this.#validForMs;
      process.nextTick(this.flush);
    }
    this.#waiting.push(writer);
  }

  /** Writes everything now. Removals need it: earlier events must not follow the acknowledgement of a removal. */
  readonly flush = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#start = new FrameChain([]);
    for (const writer of waiting) writer.flush();
    this.#writeBy = Number.POSITIVE_INFINITY;
  };
}

type Limits = { mostUnreadBytes: number; tooSlow(): void };

/** Writes the frames of one WebSocket in order, those of one tick together. */
export class FrameWriter {
  readonly #socket: ws.WebSocket;
  readonly #buffer: TickBuffer;
  readonly #limits: Limits;
  #pending: FrameChain | undefined;

  /** @param limits how much may be unread by the client; beyond it `tooSlow` is called instead of writing */
  constructor(socket: ws.WebSocket, buffer: TickBuffer, limits: Limits) {
    this.#socket = socket;
    this.#buffer = buffer;
    this.#limits = limits;
  }

  write(frame: Frame): void {
    if (this.#pending === undefined) this.#buffer.add(this);
    this.#pending = (this.#pending ?? this.#buffer.start).append(frame);
    if (this.#pending.bytes > MAX_BUFFERED_BYTES) this.flush();
  }

  flush(): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending === undefined || this.#socket.readyState !== ws.WebSocket.OPEN) return;
    if (this.#buffer.isExpired) return this.#socket.terminate(); // its client reconnects, and syncs
    if (this.#socket.bufferedAmount > this.#limits.mostUnreadBytes) return this.#limits.tooSlow();
    (this.#socket as unknown as WithSender)._sender.sendFrame([pending.joined()]);
  }
}
