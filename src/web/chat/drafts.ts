/** What was written and not yet sent, by conversation, as long as the page is open. */
export const drafts = new Map<number, string>();
