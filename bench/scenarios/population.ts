import type { ClientOptions } from '../load/clients.ts';
import { startBaseline } from '../servers/baseline.ts';
import { fillGroups, fillUsers } from '../servers/fill-database.ts';
import { type MmChat, startMmChat } from '../servers/mmchat.ts';
import type { Server } from '../servers/server.ts';

const GROUP_SIZE = 20;

/** Users, each of whom is a member of `groupsEach` groups of about twenty users. */
export type Population = { users: number; groupsEach: number };

/** The groups of each user. */
function groupsOf({ users, groupsEach }: Population): number[][] {
  const groups = Math.max(1, Math.round((users * groupsEach) / GROUP_SIZE));
  return Array.from({ length: users }, (_, user) =>
    Array.from(
      { length: Math.min(groupsEach, groups) },
      (_, nth) => ((user + nth * Math.ceil(groups / groupsEach)) % groups) + 1,
    ),
  );
}

export async function mmchatWith(
  checkout: string,
  population: Population,
  env: Record<string, string> = {},
): Promise<MmChat> {
  const groupsByUser = groupsOf(population);
  const groups: number[][] = Array.from({ length: Math.max(...groupsByUser.flat()) }, () => []);
  for (const [user, all] of groupsByUser.entries()) for (const group of new Set(all)) groups[group - 1]?.push(user + 1);
  return startMmChat(
    checkout,
    'sqlite',
    async (database) => {
      await fillUsers(database, population.users);
      await fillGroups(database, groups);
    },
    env,
  );
}

export const mmchatClients = (
  { url, tokenOf }: MmChat,
  { users }: Population,
  protocol: ClientOptions['protocol'],
): ClientOptions[] => Array.from({ length: users }, (_, user) => ({ url, protocol, token: tokenOf(user + 1) }));

export const bareServer = (env: Record<string, string> = {}): Promise<Server> =>
  startBaseline('socketio', { storage: 'nothing', file: '' }, env);

/** Clients of the baseline, in the same rooms. */
export const bareClients = ({ url }: Server, population: Population): ClientOptions[] =>
  population.groupsEach === 0
    ? Array.from({ length: population.users }, (_, user) => ({ url, protocol: 'socketio', query: `user=${user + 1}` }))
    : groupsOf(population).map((groups, user) => ({
        url,
        protocol: 'socketio',
        query: `user=${user + 1}&rooms=${groups.join()}`,
      }));
