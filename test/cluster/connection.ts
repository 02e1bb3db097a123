import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import type { Answer, ServerEvent } from '../support/clients.ts';
import type { Wire } from './cluster.ts';

/** A connection that passes events on as they arrive, and reports when an answer will not arrive. */
export type Connection = {
  /** Undefined if the connection was lost, or no answer arrived in time: the result is unknown. */
  ask(operation: string, input?: object): Promise<Answer | undefined>;
  close(): void;
  readonly closed: Promise<string | number>;
};
type OnEvent = (event: ServerEvent) => void;

const ANSWER_WITHIN_MS = 12_000;
const OPEN_WITHIN_MS = 5_000;

export const open = (url: string, token: string, wire: Wire, onEvent: OnEvent): Promise<Connection> =>
  wire === 'raw' ? openRaw(url, token, onEvent) : openSocketio(url, token, wire, onEvent);

async function openRaw(url: string, token: string, onEvent: OnEvent): Promise<Connection> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/ws?token=${token}`, {
    handshakeTimeout: OPEN_WITHIN_MS,
  });
  const waiting = new Map<number, (answer: Answer | undefined) => void>();
  socket.on('message', (data) => {
    const { type, ref, ...rest } = JSON.parse(String(data));
    if (type !== 'ack') return onEvent({ type, ...rest });
    waiting.get(ref)?.(rest);
    waiting.delete(ref);
  });
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.on('error', () => socket.terminate());
  void closed.then(() => waiting.forEach((settle) => void settle(undefined)));
  let asked = 0;
  return {
    closed,
    close: () => socket.terminate(),
    ask(type, input = {}) {
      if (socket.readyState !== WebSocket.OPEN) return Promise.resolve(undefined);
      asked += 1;
      const ref = asked;
      socket.send(JSON.stringify({ ...input, type, ref }));
      return inTime(new Promise<Answer | undefined>((resolve) => waiting.set(ref, resolve)));
    },
  };
}

async function openSocketio(url: string, token: string, wire: Wire, onEvent: OnEvent): Promise<Connection> {
  const transports = [wire === 'polling' ? 'polling' : 'websocket'];
  const socket = io(`${url}/chat`, { auth: { token }, transports, forceNew: true, reconnection: false });
  socket.onAny((type: string, payload: object) => onEvent({ ...payload, type }));
  const closed = new Promise<string>((resolve) => socket.once('disconnect', resolve));
  await inTime(
    new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    }),
    OPEN_WITHIN_MS,
  );
  if (!socket.connected) {
    socket.disconnect();
    throw new Error('not connected in time');
  }
  return {
    closed,
    close: () => socket.disconnect(),
    ask: (name, input = {}) =>
      socket.connected
        ? inTime((socket.emitWithAck(name, input) as Promise<Answer>).catch(() => undefined)) // the connection was lost
        : Promise.resolve(undefined),
  };
}

/** Undefined when it takes too long. */
function inTime<T>(promise: Promise<T>, withinMs = ANSWER_WITHIN_MS): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, withinMs, undefined);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
