import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import type { TestApp } from '../support/app.ts';
import { Inbox } from '../support/inbox.ts';
import type { Person } from '../support/people.ts';

/** Everything one Socket.IO connection hears, by namespace, and what a plain WebSocket of the same person hears. */
export type Hearer = { chat: Inbox; presence: Inbox; raw: Inbox };

/** Connects somebody to each namespace by itself and over a plain WebSocket. */
export async function hearing(app: TestApp, person: Person): Promise<Hearer> {
  const chat = await enter(app, '/chat', person.token);
  const presence = await enter(app, '/presence', person.token);
  const raw = await person.raw();
  return { chat: chat.inbox, presence: presence.inbox, raw: raw.inbox };
}

type Entered = { socket: Socket; inbox: Inbox; close(): void };

/** One namespace over a connection of its own; the inbox gets each event's only argument, its name beside it as `type`. */
export async function enter(app: TestApp, namespace: string, token: string | undefined): Promise<Entered> {
  const socket = io(`${app.url}${namespace}`, socketOptions(token));
  const inbox = new Inbox();
  socket.onAny((type: string, ...args: object[]) => {
    if (args.length === 1) inbox.add({ ...args[0], type });
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('connect_error', reject);
    // a refusal closes the connection too, and the client reports it just after; a close alone means: not now
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

/** What an upgrade to a WebSocket is answered with that is refused before it is accepted. */
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
