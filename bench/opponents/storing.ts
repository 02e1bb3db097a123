import { defineEntity, type MikroORM, p } from '@mikro-orm/core';
import { type Native, openSqlite } from './sqlite.ts';

type NewMessage = { conversationId: number; senderId: number; content: string; createdAt: number };
/** Stores a message durably and gives its id. */
export type Store = (message: NewMessage) => number | Promise<number>;

const Message = defineEntity({
  name: 'Message',
  tableName: 'messages',
  properties: {
    id: p.integer().primary().autoincrement(),
    conversationId: p.integer(),
    senderId: p.integer(),
    content: p.text(),
    createdAt: p.integer(),
  },
  indexes: [{ properties: ['conversationId', 'id'] }],
});

export type Storing = 'nothing' | 'insert' | 'flush';

/**
 * What people write by hand. `insert`: one prepared insert for each message, a transaction of its own; `flush`: an entity
 * created and flushed for each. SQLite in WAL mode with synchronous = FULL, which is verified: what is acknowledged is kept.
 */
export async function openStore(how: Storing, file: string): Promise<Store> {
  if (how === 'nothing') return counting();
  const { orm, native } = await openSqlite(file, [Message]);
  return how === 'insert' ? inserting(native) : flushing(orm);
}

function counting(): Store {
  let last = 0;
  return () => {
    last += 1;
    return last;
  };
}

function inserting(native: Native): Store {
  const insert = native.prepare(
    'insert into messages (conversation_id, sender_id, content, created_at) values (?, ?, ?, ?)',
  );
  return ({ conversationId, senderId, content, createdAt }) =>
    insert.run(conversationId, senderId, content, createdAt).lastInsertRowid;
}

function flushing(orm: MikroORM): Store {
  return async (message) => {
    const em = orm.em.fork();
    const entity = em.create(Message, message);
    await em.flush();
    return entity.id;
  };
}
