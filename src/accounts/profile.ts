import { object } from 'yup';
import type { Database } from '../database.ts';
import { breaksUnique } from '../database-errors.ts';
import { ChatError } from '../errors.ts';
import { idOfUser, pictureUrl } from '../inputs.ts';
import { operation } from '../operation.ts';
import { timeOf } from '../time.ts';
import { User } from './entities.ts';
import { keyOf, username } from './fields.ts';
import { findUsers } from './find-users.ts';
import { indexUsername } from './username-pieces.ts';

/** The caller's own profile. */
export const me = operation({
  input: object({}),
  run: async (_, { userId }, { database }) => profileOf(await findUser(database, userId)),
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
  async run({ username: name, profile_picture: profilePicture }, { userId }, { database }) {
    const changed = {
      ...(name !== undefined && { username: name, usernameKey: keyOf(name) }),
      ...(profilePicture !== undefined && { profilePicture }),
    };
    if (Object.keys(changed).length > 0) await update(database, userId, changed);
    return profileOf(await findUser(database, userId));
  },
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

async function update(database: Database, userId: number, changed: Partial<User>): Promise<void> {
  try {
    await database.transaction(async (transaction) => {
      await database.entities(transaction.sql).nativeUpdate(User, { id: userId }, changed);
      const { usernameKey } = changed;
      if (usernameKey !== undefined) await indexUsername(transaction, userId, usernameKey);
    });
  } catch (error) {
    if (breaksUnique(error, 'username_key')) throw new ChatError('username_taken');
    throw error;
  }
}

async function findUser(database: Database, userId: number): Promise<User> {
  const user = await database.entities().findOne(User, { id: userId });
  if (user === null) throw new ChatError('unauthenticated');
  return user;
}

const profileOf = (user: User) => ({
  id: user.id,
  username: user.username,
  email: user.email,
  profile_picture: user.profilePicture,
  created_at: timeOf(user.createdAt),
});
