import { defineEntity, p } from '@mikro-orm/core';
import { User } from '../accounts/entities.ts';
import { id, int8, moment } from '../columns.ts';
import { Conversation } from '../conversations/entities.ts';

export const Message = defineEntity({
  name: 'Message',
  tableName: 'messages',
  properties: {
    id: id(),
    conversationId: () =>
      p.manyToOne(Conversation).mapToPk().joinColumn('conversation_id').deleteRule('cascade').index(false),
    senderId: () => p.manyToOne(User).mapToPk().joinColumn('sender_id').deleteRule('cascade').index(false),
    /** The message's place in its conversation. */
    seq: int8(),
    /** The number of its last change: what catching up reads by. */
    changedSeq: int8(),
    content: p.text(),
    clientMessageId: p.string().length(64).nullable(),
    createdAt: moment(),
    editedAt: moment().nullable(),
    deletedAt: moment().nullable(),
    /** Set on system messages alone: what happened, and to whom. */
    event: p.string().length(32).nullable(),
    subjectId: int8().nullable(),
  },
  uniques: [
    { properties: ['conversationId', 'seq'] },
    { properties: ['senderId', 'clientMessageId'], where: 'client_message_id is not null' },
  ],
  // a message that was never changed is found by its `seq`: most need no entry here
  indexes: [{ properties: ['conversationId', 'changedSeq'], where: 'changed_seq > seq' }],
});
