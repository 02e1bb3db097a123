/** A message that this user has written and that the server has not acknowledged yet, or has just acknowledged. */
export type OutboxEntry = {
  readonly clientMessageId: string;
  readonly conversationId: number;
  readonly content: string;
  /** Milliseconds since 1970, greater than that of any earlier entry: the order of sending. */
  readonly createdAt: number;
  readonly error?: { readonly code: string; readonly message: string };
};

const isText = (value: unknown): value is string => typeof value === 'string';

/** Parses a stored entry. @returns undefined if it is invalid */
export function parseEntry(clientMessageId: string, text: string | null): OutboxEntry | undefined {
  try {
    const { conversationId, content, createdAt, error } = JSON.parse(text ?? '') as Record<string, unknown>;
    if (!Number.isSafeInteger(conversationId) || !isText(content) || !Number.isSafeInteger(createdAt)) return undefined;
    const entry = { clientMessageId, content, conversationId: Number(conversationId), createdAt: Number(createdAt) };
    return error === undefined ? entry : { ...entry, error: error as never }; // only displayed
  } catch {
    return undefined; // of another program, or truncated
  }
}
