import { constants, fstatSync, openSync, writeSync } from 'node:fs';

/** The size of the buffer while nothing can be written: some thousand lines. */
const MAX_BUFFERED_BYTES = 1_048_576;
const MAX_WRITE_BYTES = 65_536;
/** Retries soon while a pipe is full; less often while the disk is full or the reader has gone. */
const RETRY_FULL_PIPE_MS = 20;
const RETRY_FAILED_MS = 500;
const FINISH_WITHIN_MS = 500;
const FINISH_RETRY_MS = 10;

export type OutputWatcher = {
  /** Writing fails, or the buffer is half full. @param code of the system error, such as ENOSPC, EPIPE or EAGAIN */
  stuck(code: string): void;
  lineLost(): void;
  /** The buffer has been written. @param lost how many lines were dropped meanwhile */
  flowing(lost: number): void;
};

/**
 * Standard output or standard error of this process. Writing neither fails nor blocks: lines that cannot be written now
 * are buffered, up to 1 MB, and retried; further lines are dropped and counted. A partial write is always completed, so
 * that lines stay separate.
 */
export class Output {
  readonly #number: 1 | 2;
  readonly #maxBufferedBytes: number;
  #file: number | undefined;
  /** The first one may be the rest of a partial write. */
  #buffers: Buffer[] = [];
  #bufferedBytes = 0;
  #retry: NodeJS.Timeout | undefined;
  #lastCode = '';
  /** Lines lost since the output is stuck; undefined while it is not. */
  #lost: number | undefined;
  #watcher: OutputWatcher | undefined;

  /** @param number the file descriptor: 1 for standard output, 2 for standard error */
  constructor(number: 1 | 2, maxBufferedBytes = MAX_BUFFERED_BYTES) {
    this.#number = number;
    this.#maxBufferedBytes = maxBufferedBytes;
  }

  watch(watcher: OutputWatcher): void {
    this.#watcher = watcher;
  }

  /** @param text one or more whole lines */
  readonly write = (text: string): void => {
    const bytes = Buffer.from(text);
    const after = this.#bufferedBytes + bytes.length;
    if (this.#buffers.length > 0) {
      if (after > this.#maxBufferedBytes / 2) this.#noteStuck(); // while its line still fits
      if (after > this.#maxBufferedBytes) return this.#loseLine();
    }
    this.#buffers.push(bytes);
    this.#bufferedBytes += bytes.length;
    if (this.#retry === undefined) this.flushSync();
  };

  /** Writes as much as is possible now. */
  flushSync(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    try {
      while (this.#buffers.length > 0) this.#writeSome();
    } catch (error) {
      this.#lastCode = codeOf(error);
      const full = this.#lastCode === 'EAGAIN';
      this.#retry = setTimeout(() => this.flushSync(), full ? RETRY_FULL_PIPE_MS : RETRY_FAILED_MS).unref();
      if (!full) this.#noteStuck();
      return;
    }
    if (this.#lost === undefined) return;
    const lost = this.#lost;
    this.#lost = undefined;
    this.#watcher?.flowing(lost);
  }

  /** To be called when the process ends: gives a slow reader half a second to read the buffer. */
  finish(): void {
    const until = performance.now() + FINISH_WITHIN_MS;
    const sleeper = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    for (;;) {
      this.flushSync();
      if (this.#buffers.length === 0 || this.#lastCode !== 'EAGAIN' || performance.now() > until) return;
      Atomics.wait(sleeper, 0, 0, FINISH_RETRY_MS);
    }
  }

  #writeSome(): void {
    this.#file ??= nonBlocking(this.#number);
    const [first] = this.#buffers as [Buffer]; // the buffer is not empty
    const bytes = this.#buffers.length === 1 ? first : this.#coalesce();
    const written = writeSync(this.#file, bytes);
    this.#bufferedBytes -= written;
    if (written === bytes.length) this.#buffers.shift();
    else this.#buffers[0] = bytes.subarray(written);
  }

  /** Joins the first buffers into one. */
  #coalesce(): Buffer {
    let [count, size] = [0, 0];
    for (const { length } of this.#buffers) {
      if (count > 0 && size + length > MAX_WRITE_BYTES) break;
      count += 1;
      size += length;
    }
    const bytes = Buffer.concat(this.#buffers.slice(0, count));
    this.#buffers.splice(0, count, bytes);
    return bytes;
  }

  #noteStuck(): void {
    if (this.#lost !== undefined) return;
    this.#lost = 0;
    this.#watcher?.stuck(this.#lastCode);
  }

  #loseLine(): void {
    this.#lost = (this.#lost ?? 0) + 1;
    this.#watcher?.lineLost();
  }
}

/**
 * A file descriptor with O_NONBLOCK. The flag belongs to the open file description, which other processes share and may
 * change, so the file is opened again if possible.
 */
function nonBlocking(number: 1 | 2): number {
  const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
  const file = fstatSync(number);
  // opening a file again would lose the position in it
  if (file.isFile() || file.isDirectory()) return number;
  try {
    return openSync(`/proc/self/fd/${number}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    makeNonBlocking(number); // a socket, another user's pipe, or not Linux
    return number;
  }
}

/** Node makes pipes and sockets non-blocking when it creates its stream for them. */
function makeNonBlocking(number: 1 | 2): void {
  try {
    void (number === 1 ? process.stdout : process.stderr).writable;
  } catch {
    // Node has no stream for it, but it may be writable all the same
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';

const CAUSES: Readonly<Record<string, string>> = {
  EAGAIN: 'the reader of standard output does not read',
  EPIPE: 'the reader of standard output has gone',
  ENOSPC: 'the disk of standard output is full',
  EDQUOT: 'the disk quota of standard output is exceeded',
};

/** The reason why nothing can be written, for the operator. */
export const stuckBecause = (code: string): string => CAUSES[code] ?? 'standard output cannot be written';
