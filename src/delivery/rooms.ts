import type { Recipients } from './effects.ts';

type Rooms = ReadonlyMap<string, ReadonlySet<string>>;

/** The sockets that subscribed to live delivery receipts when they connected. */
export const RECEIPTS_ROOM = 'receipts';

/**
 * The rooms of conversations and of users. They are numbers: with strings, each socket would keep its own copy of the name
 * of every room that it is in, a third of the memory of an idle connection. The in-memory adapter uses them only as keys.
 */
export const roomOf = (conversationId: number) => conversationId as unknown as string;
/** The conversation of a room; undefined for the room of a user or of a socket. */
export const conversationOfRoom = (room: unknown): number | undefined =>
  typeof room === 'number' && room > 0 ? room : undefined;
export const roomOfUser = (userId: number) => -userId as unknown as string;

/** The rooms that an event goes to; a socket in several of them receives it once. */
export function roomsOf(rooms: Rooms, to: Recipients): string[] {
  if ('room' in to)
    return to.onlyUser === undefined ? [roomOf(to.room.id)] : socketsOfMember(rooms, to.room.id, to.onlyUser);
  return 'userIds' in to ? to.userIds.map(roomOfUser) : to.conversationIds.map(roomOf);
}

/** A user's sockets that are in a conversation, each as the room of its own id. */
function socketsOfMember(rooms: Rooms, conversationId: number, userId: number): string[] {
  const members = rooms.get(roomOf(conversationId));
  return [...(rooms.get(roomOfUser(userId)) ?? [])].filter((id) => members?.has(id));
}

/** The rooms whose sockets do not receive the event; each socket is alone in the room of its own id. */
export function excludedRooms(to: Recipients): string[] {
  if ('userIds' in to) return [];
  if ('contactsOf' in to) return [roomOfUser(to.contactsOf)];
  const { exceptConnection, exceptUser } = to;
  return [
    ...(exceptConnection === undefined ? [] : [exceptConnection]),
    ...(exceptUser === undefined ? [] : [roomOfUser(exceptUser)]),
  ];
}

/**
 * The sockets of a conversation that subscribed to receipts, except those of the user who confirmed. They are selected from the
 * conversation's own room, so a socket that leaves it receives no more receipts either.
 */
export function receiptSubscribers(rooms: Rooms, conversationId: number, confirmedBy: number): string[] {
  const subscribed = rooms.get(RECEIPTS_ROOM);
  const own = rooms.get(roomOfUser(confirmedBy));
  return [...(rooms.get(roomOf(conversationId)) ?? [])].filter((id) => subscribed?.has(id) && !own?.has(id));
}

/** How many sockets of this node receive an event. For `contactsOf` it is 0: contacts may share many conversations. */
export function countRecipients(rooms: Rooms, to: Recipients): number {
  const sizeOf = (room: string) => rooms.get(room)?.size ?? 0;
  if ('contactsOf' in to) return 0;
  if ('userIds' in to) return to.userIds.reduce((sum, userId) => sum + sizeOf(roomOfUser(userId)), 0);
  const { room, exceptConnection, exceptUser, onlyUser } = to;
  if (onlyUser !== undefined)
    return socketsOfMember(rooms, room.id, onlyUser).filter((id) => id !== exceptConnection).length;
  const all = rooms.get(roomOf(room.id));
  if (all === undefined) return 0;
  const sender = exceptConnection !== undefined && all.has(exceptConnection) ? 1 : 0;
  return Math.max(0, all.size - sender - (exceptUser === undefined ? 0 : sizeOf(roomOfUser(exceptUser))));
}
