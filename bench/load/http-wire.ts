import { connect, type Socket } from 'node:net';

const SHARED_BUFFER_BYTES = 262_144;
const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** Bytes of a request, ready to be written. */
export type HttpRequest = { method: string; path: string; token?: string; body?: string };

export function bytesOf({ method, path, token, body }: HttpRequest): string {
  const authorization = token === undefined ? '' : `Authorization: Bearer ${token}\r\n`;
  const content =
    body === undefined ? '' : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nHost: bench\r\n${authorization}${content}\r\n${body ?? ''}`;
}

/** One kept connection of an HTTP client that does as little as can be: one request at a time, answers of known length. */
export class HttpWire {
  readonly #socket: Socket;
  #answered: ((ok: boolean) => void) | undefined;
  #missing = 0;
  #ok = false;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    const onread = {
      buffer: shared,
      callback: (bytes: number, buffer: Uint8Array) => this.#receive((buffer as Buffer).subarray(0, bytes)),
    };
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true, onread });
    this.#socket.on('error', (error) => {
      throw error;
    });
  }

  /** @param answered called with whether the status was one of success */
  ask(request: string, answered: (ok: boolean) => void): void {
    this.#answered = answered;
    this.#socket.write(request);
  }

  #receive(chunk: Buffer): boolean {
    if (this.#missing > 0) this.#missing -= chunk.length;
    else {
      const end = chunk.indexOf(END_OF_HEAD);
      const head = chunk.toString('latin1', 0, end);
      const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
      if (end < 0 || length === undefined) throw new Error(`an answer of unknown length: ${head}`);
      this.#ok = head.startsWith('HTTP/1.1 2');
      this.#missing = Number(length) - (chunk.length - end - END_OF_HEAD.length);
    }
    if (this.#missing === 0) this.#answered?.(this.#ok);
    return true;
  }
}

const shared = Buffer.allocUnsafe(SHARED_BUFFER_BYTES);
