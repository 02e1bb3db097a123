import { once } from 'node:events';
import { Manager, type ManagerOptions, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';

type Options = Partial<ManagerOptions>;
/** A `connect_error`. Socket.IO's own errors have no data. */
export type Refusal = Error & { data?: { code: string; message: string } };

const COMMON: Options = { transports: ['websocket'], reconnection: false, autoConnect: true };
const opened = new Set<{ close(): void }>();

/** Closes all connections that were opened here; to be called after each test. */
export function closeAll(): void {
  for (const each of opened) each.close();
  opened.clear();
}

/** A Socket.IO connection without a namespace. */
export function connection(url: string, options: Options = {}): Manager {
  const manager = new Manager(url, { ...COMMON, ...options });
  opened.add({ close: () => manager._close() });
  return manager;
}

/** Connects to a namespace, with a token or the connection's cookie. Returns the same socket the next time. */
export async function enter(manager: Manager, namespace: string, token: string | undefined): Promise<Socket> {
  const socket = manager.socket(namespace, { auth: token === undefined ? {} : { token } });
  if (socket.connected) return socket;
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('connect_error', reject);
    manager.once('error', reject);
    // a refusal also closes the connection, and is reported just after
    manager.once('close', (reason) => setImmediate(() => reject(new Error(reason))));
  });
  return socket;
}

/** The reason for which Socket.IO refuses a namespace or the connection. */
export function refusal(url: string, namespace: string, auth: object, options: Options = {}): Promise<Refusal> {
  const manager = connection(url, options);
  return new Promise((resolve, reject) => {
    const socket = manager.socket(namespace, { auth });
    socket.once('connect', () => reject(new Error(`${namespace} was entered`))).once('connect_error', resolve);
    manager.once('error', resolve);
  });
}

/** The answer to a WebSocket upgrade: 101, or the status and the body of the refusal. */
export function upgrade(url: string, path: string, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, { headers });
  opened.add({ close: () => socket.terminate() });
  return new Promise<{ status: number; code?: string; headers?: object }>((resolve, reject) => {
    socket.once('open', () => {
      socket.terminate();
      resolve({ status: 101 });
    });
    socket.once('unexpected-response', (_, response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      response.once('end', () => {
        const code = /"code":"(\w+)"/.exec(text)?.[1];
        resolve({ status: response.statusCode ?? 0, headers: response.headers, ...(code !== undefined && { code }) });
      });
    });
    socket.once('error', reject);
  });
}

/** A Socket.IO connection as a bare WebSocket. */
export async function bare(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  opened.add({ close: () => socket.terminate() });
  await once(socket, 'message'); // the handshake
  return socket;
}
