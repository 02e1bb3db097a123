import { createServer } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';

/** Bare `ws`: one room with all clients, and one `send(string)` per client and message. */
export async function ws() {
  const http = createServer();
  const server = new WebSocketServer({ server: http, perMessageDeflate: false });
  const clients = new Set<WebSocket>();
  let last = 0;

  server.on('connection', (socket, request) => {
    const senderId = Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('user'));
    clients.add(socket);
    socket.on('close', () => clients.delete(socket));
    socket.on('message', (data) => {
      const { ref, conversation_id, content } = JSON.parse(String(data));
      last += 1;
      const message = {
        conversation_id,
        message_id: last,
        seq: last,
        sender_id: senderId,
        sender_username: `user${senderId}`,
        content,
        created_at: new Date().toISOString(),
      };
      const frame = JSON.stringify({ type: 'message', ...message });
      for (const client of clients) if (client !== socket && client.readyState === WebSocket.OPEN) client.send(frame);
      socket.send(JSON.stringify({ type: 'ack', ref, ok: true, ...message }));
    });
  });
  return http;
}
