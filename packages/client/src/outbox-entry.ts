/** A message that this user has written and the server has not yet acknowledged, or just now. */
export type OutboxEntry = {
  readonly clientMessageId: string;
  readonly conversationId: number;
  readonly content: string;
  /** Milliseconds since 1970, and later than any entry before it: the order of sending. */
  readonly createdAt: number;
  readonly error?: { readonly code: string; readonly message: string };
};

const isText = (value: unknown): value is string => typeof value === 'string';

/** An entry as it was stored; undefined for what is none. */
export function parseEntry(clientMessageId: string, text: string | null): OutboxEntry | undefined {
  try {
    const { conversationId, content, createdAt, error } = JSON.parse(text ?? '') as Record<string, unknown>;
    if (!Number.isSafeInteger(conversationId) || !isText(content) || !Number.isSafeInteger(createdAt)) return undefined;
    const entry = { clientMessageId, content, conversationId: Number(conversationId), createdAt: Number(createdAt) };
    return error === undefined ? entry : { ...entry, error: error as never }; // shown, and nothing else
  } catch {
    return undefined; // not ours, or cut off
  }
}
