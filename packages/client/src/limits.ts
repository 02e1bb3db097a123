import { ChatClientError } from './chat-client-error.ts';

/** The server closes a connection that sends a larger packet, without giving a reason. */
const MAX_PACKET_BYTES = 65_536;
/** The maximum that a packet adds to its JSON: its types, its namespace and the id of its acknowledgement. */
const MAX_HEADER_BYTES = 32;
/** The maximum that a UTF-16 code unit takes in UTF-8. */
const MAX_BYTES_PER_UNIT = 3;
/** Code points. */
const MAX_CONTENT_CHARACTERS = 4_096;

/** @throws ChatClientError `body_too_large` if an operation does not fit into a packet of 64 kB */
export function assertFitsPacket(name: string, input: object): void {
  if (!fitsPacket(name, input)) throw bodyTooLarge();
}

/** The error with which the server would refuse a message because of its length (1 to 4,096 characters), if any. */
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
