import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/**
 * A WebSocket that does nothing after its handshake: it answers no ping and reads only on demand, like a peer that has
 * vanished or is hostile.
 */
export async function unresponsiveWebSocket(url: string, path: string): Promise<Socket> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => socket.destroy());
  await once(socket, 'connect');
  const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13`;
  const key = randomBytes(16).toString('base64');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${upgrade}\r\nSec-WebSocket-Key: ${key}\r\n\r\n`);
  const [answer] = await once(socket, 'data');
  if (!String(answer).startsWith('HTTP/1.1 101')) throw new Error(String(answer));
  return socket;
}

/** A text frame as a client sends it. */
export function frameOf(text: string): Buffer {
  const [payload, mask] = [Buffer.from(text), randomBytes(4)];
  const length =
    payload.length < 126
      ? Buffer.from([0x80 | payload.length])
      : Buffer.from([0x80 | 127, 0, 0, 0, 0, ...new Uint8Array(new Uint32Array([payload.length]).buffer).reverse()]);
  return Buffer.concat([
    Buffer.from([0x81]),
    length,
    mask,
    payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0)),
  ]);
}

/** When the server ends it, in milliseconds from now: by closing the connection, or by asking to close it. */
export function endOf(socket: Socket): Promise<number> {
  const start = Date.now();
  return new Promise((resolve) => {
    const ended = () => resolve(Date.now() - start);
    socket.resume().once('close', ended);
    // small frames come one at a time here; 0x88 opens the one that closes
    socket.on('data', (data) => data.includes(0x88) && ended());
  });
}
