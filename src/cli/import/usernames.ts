import { isUsername, normalizedUsername, USERNAME_CHARACTERS, usernameKeyOf } from '../../accounts/names.ts';

const OTHER_CHARACTERS = /[^\p{L}\p{M}\p{Nd}_.-]+/gu;

/** A username as it is stored if it is valid, otherwise undefined. */
export function validUsername(name: string): string | undefined {
  const normalized = normalizedUsername(name);
  return isUsername(normalized) ? normalized : undefined;
}

/**
 * A valid username that is as similar to another name as possible.
 * @param id of the user, which makes it unique
 * @param isTaken whether another user has a key
 */
export function newUsername(name: string, id: number, isTaken: (key: string) => boolean): string {
  const similar = normalizedUsername(name.slice(0, 4 * USERNAME_CHARACTERS)).replace(OTHER_CHARACTERS, '_');
  for (const candidate of candidates(similar.replace(/^[_\p{M}]+|_+$/gu, ''), id))
    if (isUsername(candidate) && !isTaken(usernameKeyOf(candidate))) return candidate;
  throw new Error('no username is free'); // the candidates never end
}

function* candidates(similar: string, id: number): Generator<string> {
  if (similar !== '') yield* [shortened(similar, ''), shortened(similar, `_${id}`)];
  yield `user_${id}`;
  for (let number = 2; ; number += 1) yield `user_${id}_${number}`;
}

function shortened(name: string, suffix: string): string {
  const characters = [...name].slice(0, USERNAME_CHARACTERS - suffix.length);
  return `${characters.join('').replace(/_+$/, '')}${suffix}`;
}
