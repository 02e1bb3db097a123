import type { Audience } from './effects.ts';

type Rooms = ReadonlyMap<string, ReadonlySet<string>>;

/** The sockets that asked for live delivery receipts when they connected; only they are told any. */
export const RECEIPTS_ROOM = 'receipts';

/**
 * The rooms of conversations and of users. They are numbers: as texts, each socket would keep its own copy of the name of
 * every room that it is in, a third of what an idle connection takes. The adapter in memory uses them as keys and no more.
 */
export const roomOf = (conversationId: number) => conversationId as unknown as string;
export const roomOfUser = (userId: number) => -userId as unknown as string;

/** The rooms that an audience is in; who is in several hears once. */
export function roomsOf(to: Audience): string[] {
  if ('room' in to) return [roomOf(to.room.id)];
  return 'userIds' in to ? to.userIds.map(roomOfUser) : to.conversationIds.map(roomOf);
}

/** The rooms whose sockets are left out; a socket is alone in the room of its own id. */
export function roomsLeftOut(to: Audience): string[] {
  if ('userIds' in to) return [];
  if ('contactsOf' in to) return [roomOfUser(to.contactsOf)];
  const { exceptConnection, exceptUser } = to;
  return [
    ...(exceptConnection === undefined ? [] : [exceptConnection]),
    ...(exceptUser === undefined ? [] : [roomOfUser(exceptUser)]),
  ];
}

/**
 * The sockets of a conversation that asked for receipts, but for those of the user who confirmed. They are picked out of
 * the conversation's own room, so whoever leaves that hears no more of them either.
 */
export function receiptHearers(rooms: Rooms, conversationId: number, confirmedBy: number): string[] {
  const asked = rooms.get(RECEIPTS_ROOM);
  const own = rooms.get(roomOfUser(confirmedBy));
  return [...(rooms.get(roomOf(conversationId)) ?? [])].filter((id) => asked?.has(id) && !own?.has(id));
}

/** How many sockets of this node are in an audience; of contacts, who may share many conversations, it says nothing. */
export function reachOf(rooms: Rooms, to: Audience): number {
  const sizeOf = (room: string) => rooms.get(room)?.size ?? 0;
  if ('contactsOf' in to) return 0;
  if ('userIds' in to) return to.userIds.reduce((sum, userId) => sum + sizeOf(roomOfUser(userId)), 0);
  const { room, exceptConnection, exceptUser } = to;
  const all = rooms.get(roomOf(room.id));
  if (all === undefined) return 0;
  const sender = exceptConnection !== undefined && all.has(exceptConnection) ? 1 : 0;
  return Math.max(0, all.size - sender - (exceptUser === undefined ? 0 : sizeOf(roomOfUser(exceptUser))));
}
