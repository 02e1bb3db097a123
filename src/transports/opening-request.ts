import type { IncomingMessage } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import type { ChatServer } from '../chat-server.ts';

const KEPT_HEADERS = ['authorization', 'cookie', 'origin', 'x-forwarded-for'] as const;
/** As Engine.IO writes it: a listener that keeps a whole request for as long as its connection lives. */
const KEEPING = '() => this.emit("close")';

/** An Engine.IO connection, as far as its opening goes. The form is not documented: socket.io is pinned, and tests guard it. */
type Connection = {
  request: IncomingMessage;
  readonly transport: Transport;
  once(event: 'upgrade', listener: (transport: Transport) => void): void;
};
type Transport = { readonly socket?: { readonly _socket?: NetSocket } };

/**
 * Lets go of the requests that connections were opened with: each takes as much memory as a third of an idle connection.
 * What is kept is what a further namespace is admitted by.
 */
export function letGoOfRequests(io: ChatServer): void {
  io.engine.on('connection', (opened) => {
    const connection = opened as unknown as Connection; // its types say less than what it is
    connection.request = essentialsOf(connection.request);
    release(connection.transport);
    connection.once('upgrade', release);
  });
}

/** The part of a request that is looked at after the connection was opened. */
function essentialsOf({ headers, socket }: IncomingMessage): IncomingMessage {
  const kept = KEPT_HEADERS.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]]));
  const essentials = { headers: Object.fromEntries(kept), socket, connection: socket, url: '', _query: {} };
  return essentials as unknown as IncomingMessage; // all of it that anybody asks for
}

function release({ socket }: Transport): void {
  const net = socket?._socket;
  for (const listener of net?.listeners('close') ?? [])
    if (String(listener) === KEEPING) net?.removeListener('close', listener as () => void);
}
