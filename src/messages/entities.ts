import { defineEntity, p } from '@mikro-orm/core';
import { id, int8, moment } from '../columns.ts';

export const Message = defineEntity({
  name: 'Message',
  tableName: 'messages',
  properties: {
    id: id(),
    // no foreign keys: the transaction that writes a message has locked its conversation and read its sender, nothing ever
    // deletes either, and PostgreSQL looked both up anew for each row, which took a third of its time; SQLite has them still
    conversationId: int8(),
    senderId: int8(),
    /** The message's place in its conversation. */
    seq: int8(),
    /** The number of its last change: what catching up reads by. */
    changedSeq: int8(),
    content: p.text(),
    clientMessageId: p.string().length(64).nullable(),
    createdAt: moment(),
    editedAt: moment().nullable(),
    deletedAt: moment().nullable(),
    /** Set on system messages alone: what happened. */
    event: p.string().length(32).nullable(),
    /** To whom that happened; of a deleted message, who deleted it. */
    subjectId: int8().nullable(),
  },
  uniques: [
    { properties: ['conversationId', 'seq'] },
    { properties: ['senderId', 'clientMessageId'], where: 'client_message_id is not null' },
  ],
  // a message that was never changed is found by its `seq`: most need no entry here
  indexes: [{ properties: ['conversationId', 'changedSeq'], where: 'changed_seq > seq' }],
});
