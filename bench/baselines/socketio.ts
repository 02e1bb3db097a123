import { createServer } from 'node:http';
import { Server, type Socket } from 'socket.io';
import { openStore, type Storage } from './message-store.ts';

type Input = { conversation_id: number; content: string };
export type SocketioOptions = { storage: Storage; file: string };

/** Bare Socket.IO: named rooms and an acknowledgement per send, but no authentication, validation or membership. */
export async function socketio({ storage, file }: SocketioOptions) {
  const store = await openStore(storage, file);
  const http = createServer();
  const io = new Server(http, { serveClient: false, transports: ['websocket'], perMessageDeflate: false });

  io.on('connection', (socket: Socket) => {
    const { user, rooms = '' } = socket.handshake.query as { user?: string; rooms?: string };
    const senderId = Number(user);
    const username = `user${user}`;
    if (rooms !== '') socket.join(rooms.split(','));
    socket.on('message', async ({ conversation_id, content }: Input, acknowledge: (response: object) => void) => {
      const now = Date.now();
      const stored = store({ conversationId: conversation_id, senderId, content, createdAt: now });
      const message_id = typeof stored === 'number' ? stored : await stored;
      const message = {
        conversation_id,
        message_id,
        seq: message_id,
        sender_id: senderId,
        sender_username: username,
        content,
        created_at: new Date(now).toISOString(),
      };
      socket.to(String(conversation_id)).emit('message', message);
      acknowledge({ ok: true, ...message });
    });
  });
  return http;
}
