import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import type { TestApp } from '../support/app.ts';
import { Inbox } from '../support/inbox.ts';
import type { Person } from '../support/people.ts';

/** The events that the sockets of one person receive: one in each namespace, and a plain WebSocket. */
export type Inboxes = { chat: Inbox; presence: Inbox; raw: Inbox };

/** Connects a person to each namespace over its own connection, and over a plain WebSocket. */
export async function connectAll(app: TestApp, person: Person): Promise<Inboxes> {
  const chat = await enter(app, '/chat', person.token);
  const presence = await enter(app, '/presence', person.token);
  const raw = await person.raw();
  return { chat: chat.inbox, presence: presence.inbox, raw: raw.inbox };
}

type NamespaceSocket = { socket: Socket; inbox: Inbox; close(): void };

/** Connects to one namespace over its own connection. The inbox gets the only argument of each event, and its name as `type`. */
export async function enter(app: TestApp, namespace: string, token: string | undefined): Promise<NamespaceSocket> {
  const socket = io(`${app.url}${namespace}`, socketOptions(token));
  const inbox = new Inbox();
  socket.onAny((type: string, ...args: object[]) => {
    if (args.length === 1) inbox.add({ ...args[0], type });
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('connect_error', reject);
    // a refusal also closes the connection, and is reported just after; a close without one is not final
    socket.io.once('close', (reason) => setImmediate(() => reject(new Error(reason))));
  });
  return { socket, inbox, close: () => socket.disconnect() };
}

const socketOptions = (token?: string) => ({
  transports: ['websocket'],
  forceNew: true,
  reconnection: false,
  ...(token !== undefined && { auth: { token } }),
});

/** The answer to a refused WebSocket upgrade. */
export function refusedUpgrade(address: string, headers: Record<string, string> = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number | undefined; code: string }>();
  const socket = new WebSocket(address, { headers });
  socket.once('open', () => reject(new Error(`${address} was accepted`)));
  socket.once('unexpected-response', (_, response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk) => chunks.push(chunk));
    response.on('end', () => resolve({ status: response.statusCode, ...JSON.parse(String(Buffer.concat(chunks))) }));
  });
  return promise;
}
