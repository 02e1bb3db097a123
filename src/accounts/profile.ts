import { breaksUnique } from '../database/errors.ts';
import type { Sql } from '../database/queries.ts';
import { ChatError } from '../operation/errors.ts';
import * as field from '../operation/fields.ts';
import { idOfUser, pictureUrl } from '../operation/inputs.ts';
import { change, query } from '../operation/operation.ts';
import { timeOf } from '../time.ts';
import type { Batch } from '../writer/batch.ts';
import { deleteOtherAvatars } from './avatars.ts';
import { username } from './fields.ts';
import { findUsers } from './find-users.ts';
import { isReservedForOther, reserveFormerName } from './former-names.ts';
import { usernameKeyOf } from './names.ts';
import { isReserved } from './reserved-names.ts';
import { profileFields } from './results.ts';
import { indexUsername } from './username-ngrams.ts';

/** Returns the caller's own profile. */
export const me = query('me', {
  http: 'GET /api/me',
  operationId: 'getMe',
  summary: 'Your own profile',
  details: 'Besides a change of it, the only answer that contains an e-mail address: your own.',
  input: {},
  result: profileFields,
  async run(_, { userId }, { database }) {
    const profile = await findProfile(database.sql, userId);
    if (profile === undefined) throw new ChatError('unauthenticated');
    return profile;
  },
});

/** Changes the given fields of the caller's profile. */
export const updateMe = change('update_me', {
  http: 'PUT /api/me',
  operationId: 'updateMe',
  summary: 'Change the given fields of your profile',
  details: 'Other fields stay. Users who share a conversation with you receive a `user_update`.',
  input: {
    username: username().meta({ example: 'alice_new' }),
    profile_picture: pictureUrl().meta({
      description: 'An absolute `http(s)` URL of at most 2048 characters, without blanks; or empty for none.',
      example: 'https://cdn.example.com/avatars/alice_new.jpg',
    }),
  },
  result: {
    ...profileFields,
    username: field.text('Your name.', 'alice_new'),
    profile_picture: field.text('The URL of your picture.', 'https://cdn.example.com/avatars/alice_new.jpg'),
  },
  errors: ['username_taken'],
  async run(batch, { username: name, profile_picture: picture }, { userId }) {
    if (name !== undefined && !(await rename(batch, userId, name))) throw new ChatError('username_taken');
    if (picture !== undefined) {
      await batch.sql.updateTable('users').set({ profile_picture: picture }).where('id', '=', userId).execute();
      await deleteOtherAvatars(batch, userId, picture);
    }
    const profile = await findProfile(batch.sql, userId);
    if (profile === undefined) throw new ChatError('unauthenticated');
    return { answer: profile };
  },
  committed({ input: { username: name, profile_picture: picture }, caller: { userId }, context: { userUpdates } }) {
    if (name !== undefined || picture !== undefined) userUpdates.changed(userId);
  },
  // another user took the name at the same time, on another node
  convertError: (error) => (breaksUnique(error, 'username_key') ? new ChatError('username_taken') : error),
});

/** Returns when a user was last active; the present time for a user who is online. */
export const lastSeen = query('last_seen', {
  http: 'GET /api/users/:user_id/last-seen',
  operationId: 'getLastSeen',
  summary: 'When a user was last active',
  details: 'Of any user by id, also of one who shares no conversation with you.',
  input: { user_id: idOfUser() },
  result: {
    last_seen: field.time('The present for a user who is online.'),
    online: field.flag('Whether the user has a connection.', false),
  },
  errors: ['unknown_user'],
  async run({ user_id: userId }, _, { database, presence }) {
    const [user] = await findUsers(database.sql, [userId]);
    if (user === undefined) throw new ChatError('unknown_user');
    return { last_seen: timeOf(presence.lastSeen(userId, user.lastSeen)), online: presence.isOnline(userId) };
  },
});

/** @returns false if another user has the name; a database error would fail the whole batch */
async function rename(batch: Batch, userId: number, name: string): Promise<boolean> {
  const key = usernameKeyOf(name);
  const left = await keyOfUser(batch.sql, userId);
  if (left !== key && (isReserved(key) || (await isReservedForOther(batch.sql, key, userId, batch.now)))) return false;
  const renamed = await batch.sql
    .updateTable('users')
    .set({ username: name, username_key: key })
    .where('id', '=', userId)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(selectFrom('users as u').select('u.id').where('u.username_key', '=', key).where('u.id', '<>', userId)),
      ),
    )
    .returning('id')
    .executeTakeFirst();
  if (renamed === undefined) return false;
  if (left !== undefined && left !== key) {
    // given up on another node concurrently: rare enough to fail the batch, whose items are then run one by one
    if (await isReservedForOther(batch.sql, key, userId, batch.now)) throw new ChatError('username_taken');
    await reserveFormerName(batch.sql, userId, left, batch.now);
  }
  await indexUsername(batch, userId, key);
  return true;
}

async function keyOfUser(db: Sql, userId: number): Promise<string | undefined> {
  const user = await db.selectFrom('users').select('username_key').where('id', '=', userId).executeTakeFirst();
  return user?.username_key;
}

async function findProfile(db: Sql, userId: number) {
  const user = await db
    .selectFrom('users')
    .select(['id', 'username', 'email', 'profile_picture', 'created_at'])
    .where('id', '=', userId)
    .executeTakeFirst();
  return user && { ...user, created_at: timeOf(user.created_at) };
}
