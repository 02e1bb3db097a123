import * as ws from 'ws';
import { StraightWrite } from './straight-write.ts';

/** An encoded WebSocket frame: its head, and its payload. */
export type Frame = readonly Buffer[];

/** Both parts of `ws` that its types leave out; engine.io uses them in the same way. `ws` is pinned, tests guard it. */
const { Sender } = ws as unknown as { Sender: { frame(data: Buffer, options: object): Buffer[] } };
type WithSender = { _sender: { sendFrame(frame: Frame): void } };

const TEXT = { opcode: 1, fin: true, rsv1: false, mask: false, readOnly: false };
/** What waits for one connection within one turn, in bytes, before it is written without waiting for the turn's end. */
const MOST_TOGETHER_BYTES = 262_144;

export const textFrame = (text: string): Frame => Sender.frame(Buffer.from(text), TEXT);

/**
 * The frames of one connection in one turn, as a chain. Connections in the same rooms get the same frames in the same
 * order, so they hold the same links, and their bytes are joined once for all of them.
 */
class Link {
  readonly bytes: number;
  readonly #before: Link | undefined;
  readonly #frame: Frame;
  #after: Link | undefined;
  #joined: Buffer | undefined;

  constructor(frame: Frame, before?: Link) {
    this.#frame = frame;
    this.#before = before;
    this.bytes = frame.reduce((sum, { length }) => sum + length, before?.bytes ?? 0);
  }

  followedBy(frame: Frame): Link {
    if (this.#after === undefined || this.#after.#frame !== frame) this.#after = new Link(frame, this);
    return this.#after;
  }

  joined(): Buffer {
    this.#joined ??= this.#join();
    return this.#joined;
  }

  /** From its end on: a link knows the one before it. */
  #join(): Buffer {
    const joined = Buffer.allocUnsafe(this.bytes);
    for (let link: Link | undefined = this; link !== undefined; link = link.#before) {
      let place = link.#before?.bytes ?? 0;
      for (const part of link.#frame) {
        joined.set(part, place);
        place += part.length;
      }
    }
    return joined;
  }
}

/**
 * Collects what one turn writes to each WebSocket, and writes it with one system call each when the turn ends: two thirds
 * of a fan-out's cost are system calls. A turn is what the event loop calls and all promises that follow from it, so a
 * batch of the group commit is told and acknowledged in one. No timer, nor a round of the event loop, is waited for.
 */
export class Turn {
  readonly #goodForMs: number;
  #start = new Link([]);
  #waiting: FrameWriter[] = [];
  #begunAt = 0;
  #isTakenBack = false;

  /**
   * @param goodForMs who stood still for longer between an event and its writing cannot know whether it may still be
   *   told: somebody may have been removed meanwhile, on another node
   */
  constructor(goodForMs = Number.POSITIVE_INFINITY) {
    this.#goodForMs = goodForMs;
  }

  /** Where the frames of every connection begin in this turn. */
  get start(): Link {
    return this.#start;
  }

  get isStale(): boolean {
    // who shares rooms with nobody need not ask the clock for each connection
    const canBeLate = this.#goodForMs < Number.POSITIVE_INFINITY;
    return this.#isTakenBack || (canBeLate && Date.now() - this.#begunAt > this.#goodForMs);
  }

  /** Has nothing of what is collected written: the connections that it is for are cut, and their clients catch up. */
  readonly takeBack = (): void => {
    if (this.#waiting.length > 0) this.#isTakenBack = true;
  };

  add(writer: FrameWriter): void {
    if (this.#waiting.length === 0) {
      this.#begunAt = Date.now();
      process.nextTick(this.flush);
    }
    this.#waiting.push(writer);
  }

  /** Writes everything now. A removal needs it: what was told before it must not follow its acknowledgement. */
  readonly flush = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#start = new Link([]);
    for (const writer of waiting) writer.flush();
    this.#isTakenBack = false;
  };
}

type Limits = { mostUnreadBytes: number; tooSlow(): void };

/** Writes one WebSocket's frames in their order, those of one turn together. */
export class FrameWriter {
  readonly #socket: ws.WebSocket;
  readonly #turn: Turn;
  readonly #limits: Limits;
  readonly #straight: StraightWrite;
  #pending: Link | undefined;

  /** @param limits what a client that does not read may keep us waiting with; beyond it `tooSlow` is called instead of writing */
  constructor(socket: ws.WebSocket, turn: Turn, limits: Limits) {
    this.#socket = socket;
    this.#turn = turn;
    this.#limits = limits;
    this.#straight = new StraightWrite(socket);
  }

  write(frame: Frame): void {
    if (this.#pending === undefined) this.#turn.add(this);
    this.#pending = (this.#pending ?? this.#turn.start).followedBy(frame);
    if (this.#pending.bytes > MOST_TOGETHER_BYTES) this.flush();
  }

  flush(): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending === undefined || this.#socket.readyState !== ws.WebSocket.OPEN) return;
    if (this.#turn.isStale) return this.#socket.terminate(); // its client comes back, and catches up
    if (this.#straight.write(pending.joined())) return;
    const unread = this.#socket.bufferedAmount + this.#straight.waitingBytes;
    if (unread > this.#limits.mostUnreadBytes) return this.#limits.tooSlow();
    (this.#socket as unknown as WithSender)._sender.sendFrame([pending.joined()]);
  }
}
