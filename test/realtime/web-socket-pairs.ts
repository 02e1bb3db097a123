import { once } from 'node:events';
import type { AddressInfo, Socket as TcpSocket } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';

/** The TCP socket of a WebSocket. */
export const tcpOf = (socket: WebSocket): TcpSocket => (socket as unknown as { _socket: TcpSocket })._socket;

/** The system writes of a WebSocket. */
export function writesOf(socket: WebSocket): Buffer[] {
  const tcp = tcpOf(socket);
  const writes: Buffer[] = [];
  const write = tcp._write.bind(tcp); // below the stream
  tcp._write = (...args) => {
    writes.push(args[0]);
    write(...args);
  };
  return writes;
}

/** To be called inside `describe`: creates pairs of connected WebSockets, and closes them after each test. */
export function webSocketPairs() {
  let server: WebSocketServer;
  const clients: WebSocket[] = [];
  before(async () => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.terminate();
  });
  after(() => server.close());

  return async function pair() {
    const accepted = once(server, 'connection');
    const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    clients.push(client);
    const received: string[] = [];
    client.on('message', (data) => received.push(String(data)));
    const [[here]] = (await Promise.all([accepted, once(client, 'open')])) as [[WebSocket], unknown];
    return { client, received, here, writes: writesOf(here) };
  };
}
