import type { Member } from '../load/clients.ts';
import { fillGroups, fillUsers } from '../servers/filling.ts';
import { startOpponent } from '../servers/opponent.ts';
import { type Ours, startOurs } from '../servers/ours.ts';
import type { Server } from '../servers/server.ts';

const GROUP_SIZE = 20;

/** So many users, each of whom is in so many groups of about twenty people. */
export type Crowd = { users: number; groupsEach: number };

/** The groups of the user at a place: every user is in groups of their neighbours, around a circle. */
function groupsOf({ users, groupsEach }: Crowd): number[][] {
  const groups = Math.max(1, Math.round((users * groupsEach) / GROUP_SIZE));
  return Array.from({ length: users }, (_, at) =>
    Array.from(
      { length: Math.min(groupsEach, groups) },
      (_, nth) => ((at + nth * Math.ceil(groups / groupsEach)) % groups) + 1,
    ),
  );
}

export async function oursWith(crowd: Crowd, env: Record<string, string> = {}): Promise<Ours> {
  const places = groupsOf(crowd);
  const groups: number[][] = Array.from({ length: Math.max(...places.flat()) }, () => []);
  for (const [at, all] of places.entries()) for (const group of new Set(all)) groups[group - 1]?.push(at + 1);
  return startOurs(
    'sqlite',
    async (database) => {
      await fillUsers(database, crowd.users);
      await fillGroups(database, groups);
    },
    env,
  );
}

export const ourMembers = ({ url, tokenOf }: Ours, { users }: Crowd, protocol: Member['protocol']): Member[] =>
  Array.from({ length: users }, (_, at) => ({ url, protocol, token: tokenOf(at + 1) }));

export const bareServer = (env: Record<string, string> = {}): Promise<Server> =>
  startOpponent('socketio', { storing: 'nothing', file: '' }, env);

/** Clients of a bare server, in the same rooms; in none where there are no groups. */
export const bareMembers = ({ url }: Server, crowd: Crowd): Member[] =>
  crowd.groupsEach === 0
    ? Array.from({ length: crowd.users }, (_, at) => ({ url, protocol: 'socketio', query: `user=${at + 1}` }))
    : groupsOf(crowd).map((groups, at) => ({
        url,
        protocol: 'socketio',
        query: `user=${at + 1}&rooms=${groups.join()}`,
      }));
