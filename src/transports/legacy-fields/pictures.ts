import { string } from 'yup';
import { avatarKeyIn, avatarPath, storeAvatar } from '../../accounts/avatars.ts';
import { isDataUrl, pictureIn } from '../../accounts/data-urls.ts';
import type { updateMe } from '../../accounts/profile.ts';
import { ChatError } from '../../operation/errors.ts';
import { isPictureUrl, withChecks } from '../../operation/inputs.ts';
import { withChange, withInput } from '../../operation/operation.ts';
import type { InputOf } from '../../protocol.ts';

type Update = Parameters<(typeof updateMe)['change']['run']>[1][number];

const CHARACTERS_PER_COST = 4_096;

const EXPECTED =
  'has to be an http(s) URL of at most 2048 characters, a data: URL in base64 of a PNG, JPEG, WebP or GIF of at most 64 kB that it is, or empty';
const picture = () =>
  withChecks(string().typeError('has to be a string'), {
    picture: [
      EXPECTED,
      (value) => (isDataUrl(value) ? pictureIn(value) !== undefined : isPictureUrl(value) || isOwnPath(value)),
    ],
  });
/** The picture of a profile from a server that does not know its address, sent back with the rest of the profile. */
const isOwnPath = (value: string) => value.startsWith('/') && `/api/avatars/${avatarKeyIn(value)}` === value;

/**
 * `update_me` with pictures in `data:` URLs, which the server keeps; the profile gets the address of the picture.
 * @param publicOrigin the server's own, for calls that do not say how they address it
 */
export function withDataUrls(operation: typeof updateMe, publicOrigin = ''): typeof updateMe {
  const { change } = operation;
  const costly = { ...operation, cost: costOf, needsOrigin: true } as const;
  return withChange(withInput(costly, { profile_picture: picture() }), {
    ...change,
    async run(batch, calls, found) {
      const made: unknown[] = [];
      for (const call of calls) {
        const { profile_picture: url } = call.input;
        const avatar = url === undefined ? undefined : pictureIn(url);
        const path = avatar && avatarPath(call.caller.userId, avatar);
        const [result] = await change.run(batch, [path === undefined ? call : withPicture(call, path)], found);
        // a refused change stores nothing
        if (avatar && path && !(result instanceof ChatError))
          await storeAvatar(batch, call.caller.userId, path, avatar);
        made.push(result);
      }
      return made;
    },
  });

  function withPicture(call: Update, path: string): Update {
    return { ...call, input: { ...call.input, profile_picture: (call.info.ownOrigin ?? publicOrigin) + path } };
  }
}

const costOf = ({ profile_picture: url = '' }: InputOf<'update_me'>) =>
  1 + (isDataUrl(url) ? Math.floor(url.length / CHARACTERS_PER_COST) : 0);
