import { defineEntity, type MikroORM, p } from '@mikro-orm/core';
import { type Native, openSqlite } from './sqlite.ts';

type NewMessage = { conversationId: number; senderId: number; content: string; createdAt: number };
/** Stores a message durably and returns its id. */
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

export type Storage = 'nothing' | 'insert' | 'flush';

/**
 * Storage as it is commonly written by hand, on SQLite. `insert`: a prepared insert in its own transaction per message;
 * `flush`: an entity created and flushed per message; `nothing`: ids without storage.
 */
export async function openStore(storage: Storage, file: string): Promise<Store> {
  if (storage === 'nothing') return countIds();
  const { orm, native } = await openSqlite(file, [Message]);
  return storage === 'insert' ? insertEach(native) : flushEach(orm);
}

function countIds(): Store {
  let last = 0;
  return () => {
    last += 1;
    return last;
  };
}

function insertEach(native: Native): Store {
  const insert = native.prepare(
    'insert into messages (conversation_id, sender_id, content, created_at) values (?, ?, ?, ?)',
  );
  return ({ conversationId, senderId, content, createdAt }) =>
    insert.run(conversationId, senderId, content, createdAt).lastInsertRowid;
}

function flushEach(orm: MikroORM): Store {
  return async (message) => {
    const em = orm.em.fork();
    const entity = em.create(Message, message);
    await em.flush();
    return entity.id;
  };
}
