import type { FoundUser, ServerEvents } from 'mmchat-client';

/** Applies a new name or picture to the users it concerns; returns the same array if there are none. */
export function withProfileUpdate<User extends FoundUser>(
  users: readonly User[],
  { sender_id: id, sender_username: username, profile_picture }: ServerEvents['user_update'],
): readonly User[] {
  if (!users.some((user) => user.id === id)) return users;
  return users.map((user) => (user.id === id ? { ...user, username, profile_picture } : user));
}
