import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 20;

/** The headers of a WebSocket upgrade, with additional or other ones. */
export function upgradeHeaders(headers: Record<string, string> = {}): Record<string, string> {
  const common = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
  return { ...common, 'sec-websocket-key': Buffer.alloc(16, 7).toString('base64'), ...headers };
}

/** An HTTP request as bytes on a connection. */
export function requestText(line: string, headers: Record<string, string>, body = ''): string {
  const lines = Object.entries({ host: '127.0.0.1', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

/** A connection that stays half open when the server ends it, like that of a careless client. */
export async function connectTo(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  socket.on('error', () => undefined); // some are broken on purpose
  await once(socket, 'connect');
  return socket;
}

/** What the server writes until it ends its side, or the connection breaks. */
export async function answerOn(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8').on('data', (part) => {
    text += part;
  });
  await Promise.race([once(socket, 'end'), new Promise((resolve) => socket.once('close', resolve))]);
  return text;
}

/** Polls until a condition holds. @throws Error after `withinMs` milliseconds */
export async function until(isSo: () => boolean, withinMs: number, what: string): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await delay(POLL_MS);
  }
}
