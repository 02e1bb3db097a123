import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

const SHARED_BUFFER_BYTES = 262_144;
const TEXT = 1;
const PING = 9;

/**
 * A minimal WebSocket client (RFC 6455), so that thousands of connections fit into one process: it locates text frames in
 * the received bytes without decoding them, and sends text. It supports neither fragments nor extensions.
 */
export class WebSocketConnection {
  /** Called with the position of each text frame. The buffer is reused: copy what must outlive the call. */
  onText: (buffer: Buffer, start: number, end: number) => void = () => undefined;
  closed = false;
  readonly #socket: Socket;
  #rest: Buffer | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Opens a WebSocket. Rejects when the server answers anything but 101 or the connection closes first. */
  static open(address: string): Promise<WebSocketConnection> {
    const { hostname, port, pathname, search } = new URL(address);
    const { promise, resolve, reject } = Promise.withResolvers<WebSocketConnection>();
    let response = '';
    const receive = (bytes: number, buffer: Uint8Array) => {
      const chunk = buffer as Buffer; // the shared buffer
      if (connection.isOpen) return connection.receive(chunk.subarray(0, bytes));
      response += chunk.toString('latin1', 0, bytes);
      const end = response.indexOf('\r\n\r\n');
      if (end < 0) return true;
      if (!response.startsWith('HTTP/1.1 101')) return fail(response.split('\r\n')[0] ?? '');
      connection.isOpen = true;
      resolve(connection);
      const early = Buffer.from(response.slice(end + 4), 'latin1');
      queueMicrotask(() => connection.receive(early)); // after the caller has set onText
      return true;
    };
    const socket = connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
      onread: { buffer: shared, callback: receive },
    });
    const connection = new WebSocketConnection(socket);
    const fail = (reason: string) => {
      socket.destroy();
      reject(new Error(`${hostname}:${port}${pathname}: ${reason}`));
      return false;
    };
    socket.on('error', (error) => fail(error.message));
    socket.on('close', () => {
      connection.closed = true;
      fail('closed');
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
    if (opcode === TEXT) this.onText(buffer, start, end);
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

/** One buffer serves all connections, because each chunk is processed before the next read. */
const shared = Buffer.allocUnsafe(SHARED_BUFFER_BYTES);
const mask = randomBytes(4);

const sizeOf = (buffer: Buffer, at: number, length: number) =>
  length === 126 ? buffer.readUInt16BE(at + 2) : Number(buffer.readBigUInt64BE(at + 2));
