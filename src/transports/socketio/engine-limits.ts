/** A packet of Engine.IO: one frame of a WebSocket, or one part of a long-polling payload. */
export const LARGEST_PACKET_BYTES = 65_536;
/** The size of one long-polling payload, which contains everything that a client had pending. */
export const LARGEST_PAYLOAD_BYTES = 1_048_576;
export const MOST_PACKETS_PER_PAYLOAD = 64;
/** How long a connection that is being closed waits for its client. */
export const CLOSE_WITHIN_MS = 1_000;
/** After a refusal for good: long enough for its answer, and for that of the other namespace. */
export const CLOSE_REFUSED_AFTER_MS = 500;
/** How often one connection may ask to enter a namespace, those that it has left before included. */
export const MOST_CONNECTS = 50;
/** The namespaces that one connection may ask for at a time, those that do not exist included. */
export const MOST_NAMESPACES = 4;
