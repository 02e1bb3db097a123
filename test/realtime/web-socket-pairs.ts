import { once } from 'node:events';
import type { AddressInfo, Socket as TcpSocket } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';

/** The connection that a WebSocket is on. */
export const tcpOf = (socket: WebSocket): TcpSocket => (socket as unknown as { _socket: TcpSocket })._socket;

/** What is handed to the system for a WebSocket, write by write. */
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

/** To be called where tests are described: both ends of as many WebSockets as a test asks for, closed after it. */
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
    const heard: string[] = [];
    client.on('message', (data) => heard.push(String(data)));
    const [[here]] = (await Promise.all([accepted, once(client, 'open')])) as [[WebSocket], unknown];
    return { client, heard, here, writes: writesOf(here) };
  };
}
