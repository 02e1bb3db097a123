import type { SeqRange } from '../../messages/seq-ranges.ts';

/** A message that a member has received, read or sent, which was not deleted. */
export type ReadEvent = {
  /** The number of messages that were not deleted, up to and with the last part of this one. */
  readonly lives: number;
  readonly seq: number;
  readonly parts: number;
  /** 1: delivered, 2: read, 3: sent by the member. */
  readonly kind: number;
};
/** The messages of a conversation. */
export type Totals = { readonly lastSeq: number; readonly messages: number; readonly lives: number };
export type MemberState = {
  readonly readSeq: number;
  readonly deliveredSeq: number;
  readonly settled: number;
  /** How many unread messages of others count as read because they are older than the joining. */
  readonly readByJoining: number;
  readonly ranges: readonly SeqRange[];
};

const READ = 2;

/** A run of messages that are read or the member's own, with nothing unread in between. */
type Run = SeqRange & { toLife: number; isRead: boolean };

/**
 * The read state of a member, as described in docs/design/read-state.md.
 * @param events in order
 * @param joined how many messages that were not deleted are older than the joining, which count as read
 * @param seqOf the `seq` of the message that is the n-th of those that were not deleted
 */
export function readStateOf(
  events: Iterable<ReadEvent>,
  { lastSeq, messages, lives }: Totals,
  joined: number,
  seqOf: (life: number) => number,
): MemberState {
  const runs: Run[] = [{ from: 0, to: 0, toLife: joined, isRead: true }];
  let delivered = joined;
  let settled = joined;
  let readByJoining = joined;
  for (const { lives: toLife, seq, parts, kind } of events) {
    const fromLife = toLife - parts + 1;
    if (toLife <= joined) {
      if (kind >= READ) readByJoining -= parts;
      continue;
    }
    if (fromLife <= delivered + 1) delivered = toLife;
    if (kind < READ) continue;
    settled += parts;
    const run = runs.at(-1) as Run; // there is one
    const to = seq + parts - 1;
    if (fromLife === run.toLife + 1) Object.assign(run, { to, toLife, isRead: run.isRead || kind === READ });
    else runs.push({ from: seq, to, toLife, isRead: kind === READ });
  }
  const [first, ...others] = runs as [Run, ...Run[]];
  const upTo = (life: number) => (life >= lives ? lastSeq : seqOf(life + 1) - 1);
  const readSeq = upTo(first.toLife);
  return {
    readSeq,
    deliveredSeq: Math.max(readSeq, upTo(delivered)),
    settled: settled + messages - lives,
    readByJoining,
    // a run of only own messages is settled without a range
    ranges: others.filter(({ isRead }) => isRead).map(({ from, to }) => ({ from, to })),
  };
}
