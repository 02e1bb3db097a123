import { join } from 'node:path';
import { makeTemporaryFolder, removeTemporaryFolder } from '../../test/support/processes.ts';
import type { ChatWindow } from '../load/chat.ts';
import type { Member } from '../load/clients.ts';
import { startLoad } from '../load/load.ts';
import type { Side } from '../measuring/interleave.ts';
import type { Storing } from '../opponents/storing.ts';
import { fillGroups, fillUsers } from '../servers/filling.ts';
import { startOpponent } from '../servers/opponent.ts';
import { type Kind, startOurs } from '../servers/ours.ts';

/** A client in a group, and whether it sends to it. */
type Place = { userId: number; groups: readonly number[]; protocol: Member['protocol']; sends: boolean };
export type Room = { groups: readonly (readonly number[])[]; places: readonly Place[] };
/** A side whose load can be told each time what to do. */
export type ChatSide = Side & { load(options: ChatWindow): ReturnType<Side['window']> };

/** `groups` groups of `size` people, each of whom sends to their group. */
export function smallGroups(groups: number, size: number): Room {
  const all = Array.from({ length: groups }, (_, group) =>
    Array.from({ length: size }, (_, at) => group * size + at + 1),
  );
  const places = all.flatMap((members, group) =>
    members.map((userId): Place => ({ userId, groups: [group + 1], protocol: 'socketio', sends: true })),
  );
  return { groups: all, places };
}

/** One group of listeners, and a few more people in it who send. */
export function oneGroup(listeners: readonly Member['protocol'][], senders: number): Room {
  const protocols = [...listeners, ...Array.from({ length: senders }, () => listeners[0] ?? 'socketio')];
  const places = protocols.map(
    (protocol, index): Place => ({ userId: index + 1, groups: [1], protocol, sends: index >= listeners.length }),
  );
  return { groups: [places.map(({ userId }) => userId)], places };
}

const sendsTo = ({ sends, groups }: Place) => (sends ? { conversationId: groups[0] as number } : {});

export async function ours(kind: Kind, { groups, places }: Room, window: ChatWindow): Promise<ChatSide> {
  const server = await startOurs(kind, async (database) => {
    await fillUsers(database, places.length);
    await fillGroups(database, groups);
  });
  const members = places.map((place): Member => {
    const { userId, protocol } = place;
    return { url: server.url, protocol, token: server.tokenOf(userId), ...sendsTo(place) };
  });
  return sideOf('MmChat', server, members, window, server.stop);
}

export async function bareSocketio(storing: Storing, { places }: Room, window: ChatWindow): Promise<ChatSide> {
  const folder = makeTemporaryFolder('bench-bare');
  const server = await startOpponent('socketio', { storing, file: join(folder, 'bare.sqlite') });
  const members = places.map((place): Member => {
    const query = `user=${place.userId}&rooms=${place.groups.join(',')}`;
    return { url: server.url, protocol: 'socketio', query, ...sendsTo(place) };
  });
  return sideOf(NAMES[storing], server, members, window, async () => {
    await server.stop();
    removeTemporaryFolder(folder);
  });
}

export async function bareWs({ places }: Room, window: ChatWindow): Promise<ChatSide> {
  const server = await startOpponent('raw');
  const members = places.map((place): Member => {
    return { url: server.url, protocol: 'raw', query: `user=${place.userId}`, ...sendsTo(place) };
  });
  return sideOf(BARE_WS, server, members, window, server.stop);
}

export const OURS = 'MmChat';
export const BARE = 'Socket.IO, nothing stored';
export const BARE_WS = 'ws, send(string) per client';
export const EACH = 'Socket.IO, one insert per message';
export const FLUSH = 'Socket.IO, em.create + flush per message';
const NAMES: Record<Storing, string> = { nothing: BARE, insert: EACH, flush: FLUSH };

/** So much longer than before each window, and so many sends in flight for each sender. */
const WARM_UP_FACTOR = 8;
const WARM_IN_FLIGHT = 16;

type Started = { pid: number; url: string };

async function sideOf(
  name: string,
  { pid }: Started,
  members: readonly Member[],
  window: ChatWindow,
  stopServer: () => Promise<void>,
): Promise<ChatSide> {
  const load = await startLoad<'chat', ChatWindow>('chat', { members, watched: [pid] }).catch((error) =>
    stopServer().then(() => Promise.reject(error)),
  );
  return {
    name,
    window: () => load.window(window),
    warmUp: () =>
      load.window({ seconds: WARM_UP_FACTOR * window.warmSeconds, warmSeconds: 0, inFlight: WARM_IN_FLIGHT }),
    load: (options) => load.window(options),
    async stop() {
      await load.stop();
      await stopServer();
    },
  };
}
