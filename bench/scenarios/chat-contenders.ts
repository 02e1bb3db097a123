import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeTemporaryFolder, removeTemporaryFolder } from '../../test/support/processes.ts';
import type { Storage } from '../baselines/message-store.ts';
import type { ChatWindow } from '../load/chat.ts';
import type { ClientOptions } from '../load/clients.ts';
import { startLoad } from '../load/load-process.ts';
import type { Contender } from '../measurement/interleave.ts';
import { startBaseline } from '../servers/baseline.ts';
import { fillGroups, fillUsers } from '../servers/fill-database.ts';
import { type Kind, startMmChat } from '../servers/mmchat.ts';

/** A connected user, the user's groups, and whether they send to the first of these. */
type User = { userId: number; groups: readonly number[]; protocol: ClientOptions['protocol']; sends: boolean };
/** The members of all groups, and the users who connect. */
export type Chat = { groups: readonly (readonly number[])[]; users: readonly User[] };
/** A contender whose load can be varied from window to window. */
export type ChatContender = Contender & { load(options: ChatWindow): ReturnType<Contender['window']> };

/** `groups` groups of `size` users, each of whom sends to their group. */
export function smallGroups(groups: number, size: number): Chat {
  const all = Array.from({ length: groups }, (_, group) =>
    Array.from({ length: size }, (_, index) => group * size + index + 1),
  );
  const users = all.flatMap((members, group) =>
    members.map((userId): User => ({ userId, groups: [group + 1], protocol: 'socketio', sends: true })),
  );
  return { groups: all, users };
}

/** One group of recipients, and some more members who send to it. */
export function oneGroup(recipients: readonly ClientOptions['protocol'][], senders: number): Chat {
  const protocols = [...recipients, ...Array.from({ length: senders }, () => recipients[0] ?? 'socketio')];
  const users = protocols.map(
    (protocol, index): User => ({ userId: index + 1, groups: [1], protocol, sends: index >= recipients.length }),
  );
  return { groups: [users.map(({ userId }) => userId)], users };
}

const sendsTo = ({ sends, groups }: User) => (sends ? { conversationId: groups[0] as number } : {});

export async function mmchat(
  checkout: string,
  kind: Kind,
  { groups, users }: Chat,
  window: ChatWindow,
): Promise<ChatContender> {
  const server = await startMmChat(checkout, kind, async (database) => {
    await fillUsers(database, users.length);
    await fillGroups(database, groups);
  });
  const clients = users.map((user): ClientOptions => {
    const { userId, protocol } = user;
    return { url: server.url, protocol, token: server.tokenOf(userId), ...sendsTo(user) };
  });
  return contender(MMCHAT, server, clients, window, server.stop);
}

export async function bareSocketio(storage: Storage, { users }: Chat, window: ChatWindow): Promise<ChatContender> {
  const folder = makeTemporaryFolder('bench-baseline', tmpdir());
  const server = await startBaseline('socketio', { storage, file: join(folder, 'baseline.sqlite') });
  const clients = users.map((user): ClientOptions => {
    const query = `user=${user.userId}&rooms=${user.groups.join(',')}`;
    return { url: server.url, protocol: 'socketio', query, ...sendsTo(user) };
  });
  return contender(NAMES[storage], server, clients, window, async () => {
    await server.stop();
    removeTemporaryFolder(folder);
  });
}

export async function bareWs({ users }: Chat, window: ChatWindow): Promise<ChatContender> {
  const server = await startBaseline('ws');
  const clients = users.map((user): ClientOptions => {
    return { url: server.url, protocol: 'raw', query: `user=${user.userId}`, ...sendsTo(user) };
  });
  return contender(BARE_WS, server, clients, window, server.stop);
}

export const MMCHAT = 'MmChat';
export const BARE_SOCKETIO = 'Socket.IO, nothing stored';
export const BARE_WS = 'ws, send(string) per client';
export const INSERT_EACH = 'Socket.IO, one insert per message';
export const FLUSH_EACH = 'Socket.IO, em.create + flush per message';
const NAMES: Record<Storage, string> = { nothing: BARE_SOCKETIO, insert: INSERT_EACH, flush: FLUSH_EACH };

/** The warm-up's length as a multiple of a window's, and its sends in flight per sender. */
const WARM_UP_FACTOR = 8;
const WARM_UP_IN_FLIGHT = 16;

type Started = { pid: number; url: string };

async function contender(
  name: string,
  { pid }: Started,
  clients: readonly ClientOptions[],
  window: ChatWindow,
  stopServer: () => Promise<void>,
): Promise<ChatContender> {
  const load = await startLoad<'chat', ChatWindow>('chat', { clients, pids: [pid] }).catch((error) =>
    stopServer().then(() => Promise.reject(error)),
  );
  return {
    name,
    window: () => load.window(window),
    warmUp: () =>
      load.window({ seconds: WARM_UP_FACTOR * window.warmSeconds, warmSeconds: 0, inFlight: WARM_UP_IN_FLIGHT }),
    load: (options) => load.window(options),
    async stop() {
      await load.stop();
      await stopServer();
    },
  };
}
