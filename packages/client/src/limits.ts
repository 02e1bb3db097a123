import { ChatClientError } from './chat-client-error.ts';

/** The server closes a connection that sends a larger packet, and does not say why. */
const MAX_PACKET_BYTES = 65_536;
/** What a packet has beside its JSON at most: its types, its namespace and the number of its acknowledgement. */
const MAX_HEADER_BYTES = 32;
/** A UTF-16 unit takes no more than this in UTF-8. */
const MAX_BYTES_PER_UNIT = 3;
/** Code points. */
const MAX_CONTENT_CHARACTERS = 4_096;

/** @throws ChatClientError `body_too_large` if an operation does not fit into a packet of 64 kB */
export function assertFitsPacket(name: string, input: object): void {
  if (!fitsPacket(name, input)) throw bodyTooLarge();
}

/** Why the server refuses a message of this content, as far as its length (1 to 4,096 characters) tells. */
export function contentError(content: string): ChatClientError | undefined {
  if (content.length <= MAX_CONTENT_CHARACTERS || [...content].length <= MAX_CONTENT_CHARACTERS) return undefined;
  if (!fitsPacket('message', { content })) return bodyTooLarge();
  return new ChatClientError('invalid_input', `The message has more than ${MAX_CONTENT_CHARACTERS} characters.`);
}

function fitsPacket(name: string, input: object): boolean {
  const json = JSON.stringify([name, input]);
  const maxBytes = MAX_PACKET_BYTES - MAX_HEADER_BYTES;
  return json.length * MAX_BYTES_PER_UNIT <= maxBytes || new TextEncoder().encode(json).length <= maxBytes;
}

const bodyTooLarge = () => new ChatClientError('body_too_large', 'The body is over 64 kB.');
