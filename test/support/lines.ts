import { once } from 'node:events';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import type { Answer, ServerEvent } from './inbox.ts';

/** A connection that hands over answers and events in the very order in which they came. */
export type Line = { ask(name: string, input: object, answered: (answer: Answer) => void): void; close(): void };
type Hear = (event: ServerEvent) => void;

export async function socketioLine(url: string, token: string, event: Hear): Promise<Line> {
  const socket = io(`${url}/chat`, { auth: { token }, transports: ['websocket'], forceNew: true, reconnection: false });
  socket.onAny((type: string, payload: object) => event({ ...payload, type }));
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  return {
    ask: (name, input, answered) => void socket.emit(name, input, answered),
    close: () => void socket.disconnect(),
  };
}

export async function rawLine(url: string, token: string, event: Hear): Promise<Line> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/ws?token=${token}`);
  const waiting = new Map<number, (answer: Answer) => void>();
  socket.on('message', (data) => {
    const { ref, ...told } = JSON.parse(String(data));
    if (told.type !== 'ack') return event(told);
    const { type: _, ...answer } = told;
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
