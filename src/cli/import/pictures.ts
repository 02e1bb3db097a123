import { type Avatar, avatarPath } from '../../accounts/avatars.ts';
import { isDataUrl, pictureIn } from '../../accounts/data-urls.ts';
import { isPictureUrl } from '../../operation/inputs.ts';

/** The URL of a picture, with the picture if the server keeps it; or the reason for which it was dropped. */
type Picture = { readonly url: string; readonly avatar?: Avatar } | { readonly dropped: string };

const TYPE = /^data:([^;,]{0,100})/;

/**
 * The picture of an account.
 * @param stored `profile_pic` of the source
 * @param origin of the server, or empty if it is not known: then the URL is a path
 */
export function pictureOf(userId: number, stored: string | null, origin: string): Picture {
  const picture = stored?.trim() ?? '';
  if (!isDataUrl(picture)) return isPictureUrl(picture) ? { url: picture } : { dropped: 'it is no http(s) URL' };
  const avatar = pictureIn(picture);
  if (avatar !== undefined) return { url: origin + avatarPath(userId, avatar), avatar };
  const type = TYPE.exec(picture)?.[1] ?? '';
  return { dropped: `it is no PNG, JPEG, WebP or GIF of at most 64 kB (${type}, ${picture.length} characters)` };
}
