import { once } from 'node:events';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import type { Answer, ServerEvent } from './inbox.ts';

/** A connection that passes on answers and events in the order in which they arrive. */
export type OrderedConnection = {
  ask(name: string, input: object, answered: (answer: Answer) => void): void;
  close(): void;
};
type OnEvent = (event: ServerEvent) => void;

export async function connectSocketio(url: string, token: string, onEvent: OnEvent): Promise<OrderedConnection> {
  const socket = io(`${url}/chat`, { auth: { token }, transports: ['websocket'], forceNew: true, reconnection: false });
  socket.onAny((type: string, payload: object) => onEvent({ ...payload, type }));
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  return {
    ask: (name, input, answered) => void socket.emit(name, input, answered),
    close: () => void socket.disconnect(),
  };
}

export async function connectWebSocket(url: string, token: string, onEvent: OnEvent): Promise<OrderedConnection> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/ws?token=${token}`);
  const waiting = new Map<number, (answer: Answer) => void>();
  socket.on('message', (data) => {
    const { ref, ...frame } = JSON.parse(String(data));
    if (frame.type !== 'ack') return onEvent(frame);
    const { type: _, ...answer } = frame;
    waiting.get(ref)?.(answer);
  });
  await once(socket, 'open');
  let ref = 0;
  return {
    ask(type, input, answered) {
      ref += 1;
      waiting.set(ref, answered);
      socket.send(JSON.stringify({ ...input, type, ref }));
    },
    close: () => socket.terminate(),
  };
}
