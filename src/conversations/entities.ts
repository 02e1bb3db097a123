import { defineEntity, p } from '@mikro-orm/core';
import { User } from '../accounts/entities.ts';
import { id, int8, moment } from '../columns.ts';

export const Conversation = defineEntity({
  name: 'Conversation',
  tableName: 'conversations',
  properties: {
    id: id(),
    isGroup: p.boolean(),
    /** A group's name; a private conversation is named after its two users. */
    name: p.string().length(100).nullable(),
    profilePicture: p.string().length(2048).default(''),
    /** `<lower id>:<higher id>` of a private conversation's users, so that there is only one. */
    privateKey: p.string().length(41).nullable().unique(),
    /** The number of the newest durable change. */
    lastSeq: int8().default(0),
    /** The number of the newest removal: a node that knows only older ones looks who is left before it delivers. */
    removalSeq: int8().default(0),
    /** Up to this number there may be rows of `missed_blocks`. */
    missedSeq: int8().default(0),
    /** How many messages of users there are, deleted ones included; unread is arithmetic on it. */
    messageCount: int8().default(0),
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
      p.manyToOne(Conversation).mapToPk().joinColumn('conversation_id').deleteRule('cascade').index(false).primary(),
    userId: () => p.manyToOne(User).mapToPk().joinColumn('user_id').deleteRule('cascade').index(false).primary(),
    isAdmin: p.boolean(),
    joinedAt: moment(),
    /** Everything up to this number is read (or was there before the joining). */
    readSeq: int8(),
    /** How many of the conversation's messages are read, own or from before the joining. */
    settled: int8(),
    /** How many rows of `read_ranges` belong to this participant. */
    rangeCount: p.integer().default(0),
    /** Everything up to this number has been confirmed by one of the user's clients. */
    deliveredSeq: int8(),
    /**
     * The day of the conversation's activity: a list finds the newest by it in an index, and yet a message writes to all
     * participants only if it is the first of its day.
     */
    activityDay: p.integer().default(0),
  },
  indexes: [
    { properties: ['userId', 'activityDay', 'conversationId'] },
    { properties: ['conversationId', 'readSeq'] },
    { properties: ['conversationId', 'deliveredSeq'] },
  ],
});

/** What a participant has read beyond `readSeq`: the islands that reading out of order leaves. */
export const ReadRange = defineEntity({
  name: 'ReadRange',
  tableName: 'read_ranges',
  properties: {
    conversationId: () =>
      p.manyToOne(Conversation).mapToPk().joinColumn('conversation_id').deleteRule('cascade').index(false).primary(),
    userId: () => p.manyToOne(User).mapToPk().joinColumn('user_id').deleteRule('cascade').index(false).primary(),
    fromSeq: int8().primary(),
    toSeq: int8(),
  },
  indexes: [{ properties: ['userId'] }],
});

/**
 * What those who left had not read, or not been given, and what was said while nobody else was there: it is never read by
 * all, or delivered to all, any more. A block is of the numbers from `place` × 2^`level` on, 2^`level` of them; its users are
 * 0 where they are several, or nobody.
 */
export const MissedBlock = defineEntity({
  name: 'MissedBlock',
  tableName: 'missed_blocks',
  properties: {
    conversationId: () =>
      p.manyToOne(Conversation).mapToPk().joinColumn('conversation_id').deleteRule('cascade').index(false).primary(),
    level: p.integer().primary(),
    place: int8().primary(),
    /** Who has not read it. */
    unreadBy: int8(),
    /** Who has not even confirmed it. */
    undeliveredBy: int8().nullable(),
  },
});
