import { createServer, type IncomingMessage, type Server } from 'node:http';
import { KEEP_ALIVE_MS } from '../../server/listening.ts';

/** How long a client may take, in milliseconds. */
export const HTTP_TIME_LIMITS = {
  /** To send the head of a request, or anything at all on a new connection. */
  headersTimeout: 15_000,
  /** To send a whole request. A long poll has been sent when it waits for its answer, so this does not end it. */
  requestTimeout: 30_000,
  /** Between two requests. */
  keepAliveTimeout: KEEP_ALIVE_MS,
  /** How often the first two are checked. */
  connectionsCheckingInterval: 1_000,
};

/** Node answers a request without `Host` with an empty body; this server refuses it like any other invalid request. */
const OWN_ANSWERS = { requireHostHeader: false };

/** The HTTP server of every transport: its requests are bounded in time, and an error of a connection does not end the process. */
export function createHttpServer(timeLimits = HTTP_TIME_LIMITS): Server {
  const server = createServer({ ...timeLimits, ...OWN_ANSWERS, shouldUpgradeCallback: isWebSocketUpgrade });
  // Node's own listener is gone while an upgrade is answered, and an error without a listener ends the process
  server.on('connection', (socket) => socket.on('error', ignore));
  return server;
}

/** Other protocols (`h2c`) are an offer that a server may ignore: the request is served as it is (RFC 9110, section 7.8). */
const isWebSocketUpgrade = ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket';

/** The socket destroys itself after an error. */
function ignore(): void {}
