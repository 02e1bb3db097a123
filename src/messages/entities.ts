import { defineEntity, p } from '@mikro-orm/core';
import { id, int8, moment } from '../database/columns.ts';

export const Message = defineEntity({
  name: 'Message',
  tableName: 'messages',
  properties: {
    id: id(),
    // no foreign keys on PostgreSQL: their look-ups took a third of the insert time, and the writing transaction has locked the
    // conversation and read the sender, neither of which is ever deleted; SQLite still has them
    conversationId: int8(),
    senderId: int8(),
    /** The position in the conversation. */
    seq: int8(),
    /** The `seq` of the last change, by which `sync` reads. */
    changedSeq: int8(),
    content: p.text(),
    clientMessageId: p.string().length(64).nullable(),
    createdAt: moment(),
    editedAt: moment().nullable(),
    deletedAt: moment().nullable(),
    /** The event of a system message. */
    event: p.string().length(32).nullable(),
    /** The user affected by the event; for a deleted message, the user who deleted it. */
    subjectId: int8().nullable(),
  },
  uniques: [
    { properties: ['conversationId', 'seq'] },
    { properties: ['senderId', 'clientMessageId'], where: 'client_message_id is not null' },
  ],
  // unchanged messages are found by `seq`: most messages need no entry here
  indexes: [{ properties: ['conversationId', 'changedSeq'], where: 'changed_seq > seq' }],
});
