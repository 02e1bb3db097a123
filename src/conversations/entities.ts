import { defineEntity, p } from '@mikro-orm/core';
import { User } from '../accounts/entities.ts';
import { id, int8, moment } from '../database/columns.ts';

export const Conversation = defineEntity({
  name: 'Conversation',
  tableName: 'conversations',
  properties: {
    id: id(),
    isGroup: p.boolean(),
    /** The name of a group. A private conversation is named after its users. */
    name: p.string().length(100).nullable(),
    profilePicture: p.string().length(2048).default(''),
    /** `<lower id>:<higher id>` of the users of a private conversation; unique, so that there is one per pair. */
    privateKey: p.string().length(41).nullable().unique(),
    /** The `seq` of the newest durable change. */
    lastSeq: int8().default(0),
    /** The `seq` of the newest removal. A node that knows only older ones reads the members before it delivers. */
    removalSeq: int8().default(0),
    /** Rows of `missed_blocks` can exist only up to this number. */
    missedSeq: int8().default(0),
    /** The number of user messages, including deleted ones. Unread counts are computed from it. */
    messageCount: int8().default(0),
    /** Null if participants were inserted without it; then it is counted. */
    participantCount: p.integer().nullable(),
    lastMessageId: int8().nullable(),
    activityAt: moment(),
    createdAt: moment(),
  },
});

export const Participant = defineEntity({
  name: 'Participant',
  tableName: 'participants',
  properties: {
    conversationId: () =>
      p.manyToOne(Conversation).mapToPk().name('conversation_id').deleteRule('cascade').index(false).primary(),
    userId: () => p.manyToOne(User).mapToPk().name('user_id').deleteRule('cascade').index(false).primary(),
    isAdmin: p.boolean(),
    joinedAt: moment(),
    /** The watermark: everything up to this number is read, or is from before the user joined. */
    readSeq: int8(),
    /** The number of messages that are read, own, deleted while unread, or from before the user joined. */
    settled: int8(),
    /** The number of the participant's rows in `read_ranges`. */
    rangeCount: p.integer().default(0),
    /** Everything up to this number has been confirmed by one of the user's clients. */
    deliveredSeq: int8(),
    /**
     * The day of the conversation's last activity, indexed for the list of conversations. A message updates it for all
     * participants only if it is the first of the day.
     */
    activityDay: p.integer().default(0),
  },
  indexes: [
    { properties: ['userId', 'activityDay', 'conversationId'] },
    { properties: ['conversationId', 'readSeq'] },
    { properties: ['conversationId', 'deliveredSeq'] },
  ],
});

/** The ranges that a participant has read beyond `readSeq`, by reading out of order. */
export const ReadRange = defineEntity({
  name: 'ReadRange',
  tableName: 'read_ranges',
  properties: {
    conversationId: () =>
      p.manyToOne(Conversation).mapToPk().name('conversation_id').deleteRule('cascade').index(false).primary(),
    userId: () => p.manyToOne(User).mapToPk().name('user_id').deleteRule('cascade').index(false).primary(),
    fromSeq: int8().primary(),
    toSeq: int8(),
  },
  indexes: [{ properties: ['userId'] }],
});

/**
 * Numbers that can no longer be read by all or delivered to all: a former member had not read or confirmed them, or there was
 * no other member. A block is the 2^`level` numbers from `place` × 2^`level`. Its users are 0 for several users or none.
 */
export const MissedBlock = defineEntity({
  name: 'MissedBlock',
  tableName: 'missed_blocks',
  properties: {
    conversationId: () =>
      p.manyToOne(Conversation).mapToPk().name('conversation_id').deleteRule('cascade').index(false).primary(),
    level: p.integer().primary(),
    place: int8().primary(),
    /** The user who has not read it. */
    unreadBy: int8(),
    /** The user who has not confirmed it; null if it was delivered. */
    undeliveredBy: int8().nullable(),
  },
});
