import { createHash } from 'node:crypto';
import type { Sql } from '../database/queries.ts';
import type { Batch } from '../writer/batch.ts';

/** The longest picture. */
export const MAX_AVATAR_BYTES = 65_536;
/** Half of a SHA-256 in hexadecimal: nobody finds the key of a picture that they do not have. */
const HASH_CHARACTERS = 32;
const KEY = `[uc]\\d{1,16}-[\\da-f]{${HASH_CHARACTERS}}`;
const IS_KEY = new RegExp(`^${KEY}$`);
const PATH_AT_END = new RegExp(`/api/avatars/(${KEY})$`);
const USER = 'u';

export type Avatar = { readonly contentType: string; readonly content: Uint8Array };

/** The path of a user's picture. It differs for each picture, so that browsers may keep them for ever. */
export function avatarPath(userId: number, { contentType, content }: Avatar): string {
  const hash = createHash('sha256').update(contentType).update(content).digest('hex').slice(0, HASH_CHARACTERS);
  return `/api/avatars/${USER}${userId}-${hash}`;
}

/** The key of the picture at an address, if it is one of this server's form. */
export const avatarKeyIn = (url: string): string | undefined => PATH_AT_END.exec(url)?.[1];

/** Stores the picture at a path that `avatarPath` returned, unless it is there already: the path has its hash. */
export async function storeAvatar(
  batch: Pick<Batch, 'sql' | 'now'>,
  userId: number,
  path: string,
  avatar: Avatar,
): Promise<void> {
  const key = avatarKeyIn(path) as string; // every such path has one
  const { contentType, content } = avatar;
  await batch.sql
    .insertInto('avatars')
    .values({ key, owner: USER, owner_id: userId, content_type: contentType, content, created_at: batch.now })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute();
}

/** Deletes a user's pictures, except for the one at their new address. */
export async function deleteOtherAvatars(batch: Batch, userId: number, url: string): Promise<void> {
  await batch.sql
    .deleteFrom('avatars')
    .where('owner', '=', USER)
    .where('owner_id', '=', userId)
    .where('key', '<>', avatarKeyIn(url) ?? '')
    .execute();
}

/** @param key as in the address of a request */
export async function findAvatar(db: Sql, key: string): Promise<Avatar | undefined> {
  if (!IS_KEY.test(key)) return undefined;
  return db
    .selectFrom('avatars')
    .select(['content_type as contentType', 'content'])
    .where('key', '=', key)
    .executeTakeFirst();
}
