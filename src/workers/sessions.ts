import { randomBytes } from 'node:crypto';
import { Agent, request as ask, createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { Server as SocketIo } from 'socket.io';
import { closeConnections } from '../listening.ts';
import type { Channel } from './channel.ts';

/** The parts of Engine.IO that its types leave out. */
type Engine = {
  handleRequest(request: IncomingMessage, response: ServerResponse): void;
  generateId(request: IncomingMessage): string;
};
type House = {
  http: Server;
  io: SocketIo;
  channel: Channel;
  /** A folder of all workers, for their sockets. */
  folder: string;
};

const TOPIC = 'upgrade';
/** As long as Engine.IO's own. */
const ID_BYTES = 15;
/** What Engine.IO says of a session that it does not know: the client makes a new one. */
const UNKNOWN_SESSION = JSON.stringify({ code: 1, message: 'Session ID unknown' });

/**
 * Long polling is many requests of one session, and connections go to any worker: so a session bears the number of its
 * worker, and whichever worker gets a request of another's session passes it on. A poll goes through a socket of that
 * worker; a session that becomes a WebSocket has its connection itself handed over, and costs nothing from then on. All
 * other requests are served where they arrive, with keep-alive, bodies, addresses and limits as with one process.
 */
export async function keepSessionsTogether({ http, io, channel, folder }: House): Promise<{ close(): Promise<void> }> {
  const engine = io.engine as unknown as Engine;
  engine.generateId = () => `${channel.id}-${randomBytes(ID_BYTES).toString('base64url')}`;
  const agent = new Agent({ keepAlive: true });
  const passedOn = createServer((request, response) => engine.handleRequest(request, response));
  passedOn.keepAliveTimeout = 0; // the agents decide
  await new Promise<void>((resolve, reject) => {
    passedOn.once('error', reject).listen({ path: socketOf(folder, channel.id), exclusive: true }, resolve);
  });
  const ownerOf = ownersAt(io.path(), channel.id);

  before(http, 'request', (request: IncomingMessage, response: ServerResponse) => {
    const owner = ownerOf(request);
    if (owner !== undefined) passOn(request, response, { socketPath: socketOf(folder, owner), agent });
    return owner !== undefined;
  });
  before(http, 'upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const owner = ownerOf(request);
    // it came to a server that listens on a port, so it is a socket
    if (owner !== undefined) channel.hand(TOPIC, written(request, head), owner, socket as Socket);
    return owner !== undefined;
  });
  channel.hear(TOPIC, (text, _from, socket) => {
    if (socket === undefined) return; // the client hung up on the way
    http.emit('connection', socket);
    socket.unshift(Buffer.from(text, 'latin1'));
  });
  return {
    close() {
      passedOn.close();
      agent.destroy();
      return closeConnections(passedOn);
    },
  };
}

const socketOf = (folder: string, worker: number) => join(folder, String(worker));

/** Which other worker has the session that a request names, if any. */
function ownersAt(path: string, own: number) {
  return ({ url = '' }: IncomingMessage): number | undefined => {
    const [at = '', query = ''] = url.split('?', 2);
    if (at !== path && at !== `${path}/`) return undefined;
    const owner = Number(/^(\d{1,9})-/.exec(new URLSearchParams(query).get('sid') ?? '')?.[1] ?? own);
    return owner === own ? undefined : owner;
  };
}

/** Has a listener look at an event before all that are there, which hear of it only if it was not for that one. */
function before(http: Server, event: 'request' | 'upgrade', isTaken: (...args: never[]) => boolean): void {
  const others = http.listeners(event) as ((...args: unknown[]) => void)[];
  http.removeAllListeners(event);
  http.on(event, (...args: unknown[]) => {
    if (!isTaken(...(args as never[]))) for (const other of others) other.apply(http, args);
  });
}

function passOn(request: IncomingMessage, response: ServerResponse, way: { socketPath: string; agent: Agent }): void {
  const { method, url } = request;
  const { connection: _, ...headers } = request.headers; // what the client says of its own, not of the one between us
  const upstream = ask({ ...way, method, path: url, headers }, (answer) => {
    const { connection: __, 'keep-alive': ___, ...kept } = answer.headers;
    response.writeHead(answer.statusCode ?? 502, kept);
    answer.pipe(response);
  });
  upstream.on('error', () => {
    if (response.headersSent) return void response.destroy();
    response.writeHead(400, { 'Content-Type': 'application/json' }).end(UNKNOWN_SESSION);
  });
  response.on('close', () => upstream.destroy());
  request.pipe(upstream);
}

/** A request as it was on the wire, with what came after it. */
function written({ method, url, rawHeaders }: IncomingMessage, head: Buffer): string {
  const headers = rawHeaders.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('');
  return `${method} ${url} HTTP/1.1\r\n${headers}\r\n${head.toString('latin1')}`;
}
