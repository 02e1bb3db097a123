/** A packet of Engine.IO: one frame of a WebSocket, or one part of what is sent by long polling. */
export const LARGEST_PACKET_BYTES = 65_536;
/** What one request of long polling may hold, which is all that a client had waiting. */
export const LARGEST_PAYLOAD_BYTES = 1_048_576;
export const MOST_PACKETS_PER_PAYLOAD = 64;
/** How long a client has to enter a namespace, and how long a connection may be in none. */
export const ENTER_WITHIN_MS = 10_000;
/** How long a connection that is being closed waits for its client. */
export const CLOSE_WITHIN_MS = 1_000;
/** After a refusal for good: long enough for its answer, and for that of the other namespace. */
export const CLOSE_REFUSED_AFTER_MS = 500;
/** How often one connection may ask to enter a namespace, those that it has left before included. */
export const MOST_CONNECTS = 50;
/** The namespaces that one connection may ask for at a time, those that do not exist included. */
export const MOST_NAMESPACES = 4;
