import { expect } from 'chai';
import { sql } from 'kysely';
import type { Database } from '../../src/database/database.ts';
import type { Sql } from '../../src/database/queries.ts';

type Conversation = {
  id: number;
  lastSeq: number;
  removalSeq: number;
  messageCount: number;
  /** Null where participants were inserted without counting them. */
  participantCount: number | null;
  lastMessageId: number | null;
  activityAt: number;
  createdAt: number;
};
type Participant = {
  conversationId: number;
  userId: number;
  settled: number;
  readSeq: number;
  rangeCount: number;
  deliveredSeq: number;
  activityDay: number;
};
type Message = {
  id: number;
  conversationId: number;
  senderId: number;
  seq: number;
  changedSeq: number;
  content: string;
  createdAt: number;
  editedAt: number | null;
  deletedAt: number | null;
  event: string | null;
};
type Range = { conversationId: number; userId: number; from: number; to: number };
export type Rows = { conversations: Conversation[]; participants: Participant[]; messages: Message[]; ranges: Range[] };

const DAY_MS = 86_400_000;

const all = async <Row>(db: Sql, query: ReturnType<typeof sql<Row>>) => (await query.execute(db)).rows;

/** All stored numbers and counters. */
export async function rowsOf({ sql: db }: Database): Promise<Rows> {
  return {
    conversations: await all(
      db,
      sql<Conversation>`select id, last_seq as "lastSeq", removal_seq as "removalSeq", message_count as "messageCount",
          participant_count as "participantCount",
        last_message_id as "lastMessageId", activity_at as "activityAt", created_at as "createdAt" from conversations order by id`,
    ),
    participants: await all(
      db,
      sql<Participant>`select conversation_id as "conversationId", user_id as "userId", settled, read_seq as "readSeq",
        range_count as "rangeCount", delivered_seq as "deliveredSeq",
        activity_day as "activityDay" from participants order by conversation_id, user_id`,
    ),
    messages: await all(
      db,
      sql<Message>`select id, conversation_id as "conversationId", sender_id as "senderId", seq, changed_seq as "changedSeq",
        content, created_at as "createdAt", edited_at as "editedAt", deleted_at as "deletedAt", event from messages order by id`,
    ),
    ranges: await all(
      db,
      sql<Range>`select conversation_id as "conversationId", user_id as "userId", from_seq as "from", to_seq as "to"
        from read_ranges order by conversation_id, user_id, from_seq`,
    ),
  };
}

/** Compares all sequence numbers and counters with a count of the rows; each message was changed at most once. */
export function expectTrue({ conversations, participants, messages, ranges }: Rows): void {
  for (const conversation of conversations) {
    const own = messages.filter(({ conversationId }) => conversationId === conversation.id);
    const numbers = new Set(own.flatMap(({ seq, changedSeq }) => [seq, changedSeq]));
    const dense = Array.from({ length: conversation.lastSeq }, (_, index) => index + 1);
    expect(
      [...numbers].sort((a, b) => a - b),
      `numbers of ${conversation.id}`,
    ).to.deep.equal(dense);
    const last = own.toSorted((a, b) => a.seq - b.seq).at(-1);
    const { messageCount, lastMessageId, activityAt, removalSeq } = conversation;
    expect({ messageCount, lastMessageId, activityAt, removalSeq }, `conversation ${conversation.id}`).to.deep.equal({
      messageCount: own.filter(({ event }) => event === null).length,
      lastMessageId: last?.id ?? null,
      activityAt: last?.createdAt ?? conversation.createdAt,
      removalSeq: Math.max(
        0,
        ...own.filter(({ event }) => event === 'removed_from_conversation').map(({ seq }) => seq),
      ),
    });
    const members = participants.filter(({ conversationId }) => conversationId === conversation.id);
    if (conversation.participantCount !== null) expect(conversation.participantCount).to.equal(members.length);
    for (const who of members) {
      const mine = ranges.filter(
        ({ conversationId, userId }) => conversationId === who.conversationId && userId === who.userId,
      );
      expect({ settled: who.settled, rangeCount: who.rangeCount }, `${who.userId} in ${conversation.id}`).to.deep.equal(
        {
          settled: own.filter(
            (each) =>
              each.event === null &&
              (each.senderId === who.userId || each.deletedAt !== null || isRead(each, who, mine)),
          ).length,
          rangeCount: mine.length,
        },
      );
      expect(who.activityDay).to.equal(Math.floor(activityAt / DAY_MS));
      expect(who.deliveredSeq).to.be.at.most(conversation.lastSeq);
      expect(Math.max(who.readSeq, ...mine.map(({ to }) => to))).to.be.at.most(conversation.lastSeq);
    }
  }
}

const isRead = ({ seq }: Message, { readSeq }: Participant, ranges: readonly Range[]) =>
  seq <= readSeq || ranges.some(({ from, to }) => from <= seq && seq <= to);

/** Unread messages per conversation, counted individually. */
export function unreadOf({ participants, messages, ranges }: Rows, userId: number): Map<number, number> {
  const mine = participants.filter((each) => each.userId === userId);
  return new Map(
    mine.map((who) => {
      const islands = ranges.filter((each) => each.userId === userId && each.conversationId === who.conversationId);
      const counts = (each: Message) =>
        each.conversationId === who.conversationId &&
        each.senderId !== userId &&
        each.event === null &&
        each.deletedAt === null;
      return [who.conversationId, messages.filter((each) => counts(each) && !isRead(each, who, islands)).length];
    }),
  );
}
