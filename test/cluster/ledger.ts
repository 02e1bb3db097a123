export type Send = {
  conversationId: number;
  senderId: number;
  clientId: string;
  content: string;
  messageId: number;
  seq: number;
};
export type Change = { messageId: number; seq: number; content: string };

/** What was acknowledged in a chaos run, and the calls whose result is unknown. */
export class Ledger {
  readonly sends: Send[] = [];
  /** Sends that were refused for good, by their client id. */
  readonly refused = new Set<string>();
  /** Everything that was ever sent, acknowledged or not. */
  readonly attempted = new Map<string, string>();
  /** Acknowledged edits and deletions (whose content is empty). */
  readonly changes: Change[] = [];
  /** Every content that an edit was to give a message. */
  readonly edits = new Map<number, Set<string>>();
  readonly reads: { userId: number; messageId: number }[] = [];
  readonly memberships: { conversationId: number; userId: number; seq: number; event: string }[] = [];

  attemptEdit(messageId: number, content: string): void {
    this.edits.set(messageId, (this.edits.get(messageId) ?? new Set()).add(content));
  }
}
