import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

const SHARED_BUFFER_BYTES = 262_144;
const TEXT = 1;
const PING = 9;

/**
 * A WebSocket client that does as little as can be, so that thousands of them fit into one process: it finds the text
 * frames in what arrives and hands over where each lies, and sends text. No fragments, no extensions; RFC 6455.
 */
export class Wire {
  /** Where a text frame lies; the buffer is shared, so nothing of it may be kept. */
  heard: (buffer: Buffer, start: number, end: number) => void = () => undefined;
  closed = false;
  readonly #socket: Socket;
  #rest: Buffer | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Opens a WebSocket. Rejects when the server answers anything but 101, or the connection ends first. */
  static open(address: string): Promise<Wire> {
    const { hostname, port, pathname, search } = new URL(address);
    const { promise, resolve, reject } = Promise.withResolvers<Wire>();
    let answer = '';
    const receive = (bytes: number, buffer: Uint8Array) => {
      const chunk = buffer as Buffer; // it is the shared one
      if (wire.isOpen) return wire.receive(chunk.subarray(0, bytes));
      answer += chunk.toString('latin1', 0, bytes);
      const end = answer.indexOf('\r\n\r\n');
      if (end < 0) return true;
      if (!answer.startsWith('HTTP/1.1 101')) return refuse(answer.split('\r\n')[0] ?? '');
      wire.isOpen = true;
      resolve(wire);
      const early = Buffer.from(answer.slice(end + 4), 'latin1');
      queueMicrotask(() => wire.receive(early)); // whoever awaits the wire listens by then
      return true;
    };
    const socket = connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
      onread: { buffer: shared, callback: receive },
    });
    const wire = new Wire(socket);
    const refuse = (reason: string) => {
      socket.destroy();
      reject(new Error(`${hostname}:${port}${pathname}: ${reason}`));
      return false;
    };
    socket.on('error', (error) => refuse(error.message));
    socket.on('close', () => {
      wire.closed = true;
      refuse('closed');
    });
    const key = randomBytes(16).toString('base64');
    const head = `GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade`;
    socket.write(`${head}\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`);
    return promise;
  }

  isOpen = false;

  receive(chunk: Buffer): boolean {
    const buffer = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = undefined;
    let at = 0;
    while (at + 2 <= buffer.length) {
      const length = (buffer[at + 1] as number) & 127;
      const start = at + (length < 126 ? 2 : length === 126 ? 4 : 10);
      if (start > buffer.length) break;
      const end = start + (length < 126 ? length : sizeOf(buffer, at, length));
      if (end > buffer.length) break;
      this.#frame((buffer[at] as number) & 15, buffer, start, end);
      at = end;
    }
    if (at < buffer.length) this.#rest = Buffer.from(buffer.subarray(at));
    return true;
  }

  #frame(opcode: number, buffer: Buffer, start: number, end: number): void {
    if (opcode === TEXT) this.heard(buffer, start, end);
    else if (opcode === PING) this.#write(0x8a, Buffer.from(buffer.subarray(start, end)));
  }

  send(text: string): void {
    this.#write(0x81, Buffer.from(text));
  }

  #write(first: number, payload: Buffer): void {
    const long = payload.length > 125;
    const frame = Buffer.allocUnsafe(payload.length + (long ? 8 : 6));
    frame[0] = first;
    frame[1] = 128 | (long ? 126 : payload.length);
    if (long) frame.writeUInt16BE(payload.length, 2);
    const start = long ? 8 : 6;
    mask.copy(frame, start - 4);
    for (let index = 0; index < payload.length; index += 1)
      frame[start + index] = (payload[index] as number) ^ (mask[index & 3] as number);
    this.#socket.write(frame);
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Everything that arrives is dealt with before the next read, so one buffer is enough for all connections. */
const shared = Buffer.allocUnsafe(SHARED_BUFFER_BYTES);
const mask = randomBytes(4);

const sizeOf = (buffer: Buffer, at: number, length: number) =>
  length === 126 ? buffer.readUInt16BE(at + 2) : Number(buffer.readBigUInt64BE(at + 2));
