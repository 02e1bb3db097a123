import { sql } from 'kysely';
import { object } from 'yup';
import type { Batch } from '../conversations/batch.ts';
import type { Change, Outcome } from '../conversations/group-commit.ts';
import type { Sql } from '../database.ts';
import { breaksUnique } from '../database-errors.ts';
import { ChatError } from '../errors.ts';
import { idOfUser, pictureUrl } from '../inputs.ts';
import { operation, type Result } from '../operation.ts';
import { timeOf } from '../time.ts';
import type { User } from './entities.ts';
import { keyOf, username } from './fields.ts';
import { findUsers } from './find-users.ts';
import { isLeftByOther, reserveLeftName } from './left-names.ts';
import { isReserved } from './reserved-names.ts';
import { indexUsername } from './username-pieces.ts';

/** The caller's own profile. */
export const me = operation({
  input: object({}),
  async run(_, { userId }, { database }) {
    const profile = await findProfile(database.sql, userId);
    if (profile === undefined) throw new ChatError('unauthenticated');
    return profile;
  },
});

/** Changes what is given of the caller's profile. */
export const updateMe = operation({
  input: object({
    username: username().meta({ example: 'alice_new' }),
    profile_picture: pictureUrl().meta({
      description: 'An `http(s)` URL, or empty for none.',
      example: 'https://cdn.example.com/avatars/alice_new.jpg',
    }),
  }),
  run: ({ username: name, profile_picture: picture }, { userId }, { changes, userUpdates }) =>
    changes
      .submit(changing, { userId, name, picture })
      .then((profile) => {
        if (name !== undefined || picture !== undefined) userUpdates.changed(userId);
        return profile;
      })
      .catch(taken),
});

/** When a user was last active; now, for one who is online. */
export const lastSeen = operation({
  input: object({ user_id: idOfUser() }),
  async run({ user_id: userId }, _, { database, presence }) {
    const [user] = await findUsers(database.sql, [userId]);
    if (user === undefined) throw new ChatError('unknown_user');
    return { last_seen: timeOf(presence.lastSeen(userId, user.lastSeen)), online: presence.isOnline(userId) };
  },
});

type ProfileChange = { userId: number; name: string | undefined; picture: string | undefined };

const changing: Change<ProfileChange, Result> = {
  async run(batch, items) {
    const outcomes: Outcome<Result>[] = [];
    for (const item of items) outcomes.push(await change(batch, item));
    return outcomes;
  },
};

async function change(batch: Batch, { userId, name, picture }: ProfileChange): Promise<Outcome<Result>> {
  if (name !== undefined && !(await rename(batch, userId, name))) return { refused: new ChatError('username_taken') };
  if (picture !== undefined)
    await sql`update users set profile_picture = ${picture} where id = ${userId}`.execute(batch.sql);
  const profile = await findProfile(batch.sql, userId);
  return profile === undefined ? { refused: new ChatError('unauthenticated') } : { answer: profile };
}

/** Somebody else, on another node, took the name at the same time. */
function taken(error: unknown): never {
  throw breaksUnique(error, 'username_key') ? new ChatError('username_taken') : error;
}

/** False where somebody else has the name: the database need not refuse it, and with it the rest of the batch. */
async function rename(batch: Batch, userId: number, name: string): Promise<boolean> {
  const key = keyOf(name);
  const left = await keyOfUser(batch.sql, userId);
  if (left !== key && (isReserved(key) || (await isLeftByOther(batch.sql, key, userId)))) return false;
  const { rows } = await sql`
    update users set username = ${name}, username_key = ${key} where id = ${userId}
      and not exists (select 1 from users u where u.username_key = ${key} and u.id <> ${userId})
    returning id`.execute(batch.sql);
  if (rows.length === 0) return false;
  if (left !== undefined && left !== key) {
    // left on another node at the same time: rare enough to refuse the whole batch, whose items are then run one by one
    if (await isLeftByOther(batch.sql, key, userId)) throw new ChatError('username_taken');
    await reserveLeftName(batch.sql, userId, left);
  }
  await indexUsername(batch, userId, key);
  return true;
}

async function keyOfUser(db: Sql, userId: number): Promise<string | undefined> {
  const { rows } = await sql<{ key: string }>`select username_key as key from users where id = ${userId}`.execute(db);
  return rows[0]?.key;
}

type StoredProfile = Pick<User, 'id' | 'username' | 'email' | 'profilePicture' | 'createdAt'>;

async function findProfile(db: Sql, userId: number) {
  const { rows } = await sql<StoredProfile>`
    select id, username, email, profile_picture as "profilePicture", created_at as "createdAt"
    from users where id = ${userId}`.execute(db);
  return rows[0] && profileOf(rows[0]);
}

const profileOf = (user: StoredProfile) => ({
  id: user.id,
  username: user.username,
  email: user.email,
  profile_picture: user.profilePicture,
  created_at: timeOf(user.createdAt),
});
