import type { Server } from 'node:http';
import type { ChatServer } from '../chat-server.ts';
import type { RawWebSockets } from './raw-websocket.ts';

const EMPTY = 'Connection: close\r\nContent-Length: 0\r\n\r\n';
const UNKNOWN = `HTTP/1.1 404 Not Found\r\n${EMPTY}`;
const FORBIDDEN = `HTTP/1.1 403 Forbidden\r\n${EMPTY}`;
/** Engine.IO's number for what `allowRequest` refuses. */
const FORBIDDEN_BY_US = 4;

/** Sends each WebSocket upgrade to whom it belongs: to Socket.IO, which looks for its own path itself, or to the bridge. */
export function serveUpgrades(http: Server, io: ChatServer, raw: RawWebSockets): void {
  const own = io.path();
  http.on('upgrade', (request, socket, head) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    if (path === '/api/ws') return void raw.upgrade(request, socket, head);
    if (path === own || path === `${own}/`) return;
    socket.on('error', () => socket.destroy());
    socket.end(UNKNOWN);
  });
  // said before Engine.IO does, who would say 400
  io.engine.on('connection_error', ({ req, code }) => {
    if (code === FORBIDDEN_BY_US && req.upgrade) req.socket.end(FORBIDDEN);
  });
}
