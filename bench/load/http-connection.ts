import { connect, type Socket } from 'node:net';

const SHARED_BUFFER_BYTES = 262_144;
const END_OF_HEAD = Buffer.from('\r\n\r\n');

export type HttpRequest = { method: string; path: string; token?: string; body?: string };

/** The request as it is written to the socket. */
export function serialize({ method, path, token, body }: HttpRequest): string {
  const authorization = token === undefined ? '' : `Authorization: Bearer ${token}\r\n`;
  const content =
    body === undefined ? '' : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nHost: bench\r\n${authorization}${content}\r\n${body ?? ''}`;
}

/**
 * A minimal HTTP client, so that the load uses little CPU: one keep-alive connection, one request at a time, and only
 * responses with a Content-Length.
 */
export class HttpConnection {
  readonly #socket: Socket;
  #onResponse: ((ok: boolean) => void) | undefined;
  #missingBytes = 0;
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

  /** @param onResponse called with whether the status was 2xx */
  send(request: string, onResponse: (ok: boolean) => void): void {
    this.#onResponse = onResponse;
    this.#socket.write(request);
  }

  #receive(chunk: Buffer): boolean {
    if (this.#missingBytes > 0) this.#missingBytes -= chunk.length;
    else {
      const end = chunk.indexOf(END_OF_HEAD);
      const head = chunk.toString('latin1', 0, end);
      const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
      if (end < 0 || length === undefined) throw new Error(`response without Content-Length: ${head}`);
      this.#ok = head.startsWith('HTTP/1.1 2');
      this.#missingBytes = Number(length) - (chunk.length - end - END_OF_HEAD.length);
    }
    if (this.#missingBytes === 0) this.#onResponse?.(this.#ok);
    return true;
  }
}

/** One buffer serves all connections, because each chunk is processed before the next read. */
const shared = Buffer.allocUnsafe(SHARED_BUFFER_BYTES);
