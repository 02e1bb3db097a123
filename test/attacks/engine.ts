import { once } from 'node:events';
import { WebSocket } from 'ws';

const POLLING = '/socket.io/?EIO=4&transport=polling';
export const SEPARATOR = '\u001e';

/** Long polling by its protocol, without a client library. */
export class Polling {
  readonly address: string;

  private constructor(address: string) {
    this.address = address;
  }

  static async open(url: string): Promise<Polling> {
    const text = await (await fetch(`${url}${POLLING}`)).text();
    return new Polling(`${url}${POLLING}&sid=${JSON.parse(text.slice(1)).sid}`);
  }

  post(body: string | Uint8Array<ArrayBuffer>): Promise<Response> {
    return fetch(this.address, { method: 'POST', body, headers: { 'content-type': 'text/plain;charset=UTF-8' } });
  }

  /** The packets of one poll, without the server’s pings; undefined after the connection is closed. */
  async poll(): Promise<string[] | undefined> {
    const response = await fetch(this.address);
    if (response.status !== 200) return undefined;
    const packets = (await response.text()).split(SEPARATOR);
    return packets.filter((packet) => packet !== '6' && packet !== '2');
  }

  /** Polls until the connection is closed, and returns all packets. */
  async untilClosed(): Promise<string[]> {
    const all: string[] = [];
    for (;;) {
      const packets = await this.poll();
      if (packets === undefined) return all;
      all.push(...packets);
      if (packets.includes('1')) return all;
    }
  }
}

/** Engine.IO over a WebSocket, without a client library. */
export async function openWebSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  socket.on('error', () => undefined);
  await once(socket, 'message'); // the handshake
  return socket;
}

/** The messages until a WebSocket is closed, and the close code. */
export async function untilClosed(socket: WebSocket): Promise<{ packets: string[]; code: number }> {
  const packets: string[] = [];
  socket.on('message', (data) => packets.push(String(data)));
  const [code] = await once(socket, 'close');
  return { packets, code };
}
