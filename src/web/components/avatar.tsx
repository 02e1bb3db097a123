import { useEffect, useState } from 'preact/hooks';

const COLOURS = 8;
const LETTERS = /[\p{L}\p{N}]+/gu;

type Props = { name: string; picture?: string | undefined; online?: boolean | undefined; size?: 'small' | 'large' };

/** A user's picture, or their initials in a constant colour. Decorative: the same is always next to it in words. */
export function Avatar({ name, picture = '', online = false, size }: Props) {
  const [broken, setBroken] = useState(false);
  useEffect(() => setBroken(false), [picture]);
  return (
    <span class={`avatar colour-${colourOf(name)} ${size ?? ''}`} aria-hidden="true">
      {picture !== '' && !broken ? (
        <img src={picture} alt="" referrerpolicy="no-referrer" loading="lazy" onError={() => setBroken(true)} />
      ) : (
        initialsOf(name)
      )}
      {online && <span class="dot" />}
    </span>
  );
}

/** The initials of the first two words of a name, or the first character of its only word. */
function initialsOf(name: string): string {
  const [first = '?', second = ''] = name.match(LETTERS) ?? [];
  return `${Array.from(first)[0]}${Array.from(second)[0] ?? ''}`.toUpperCase();
}

export function colourOf(name: string): number {
  let sum = 0;
  for (const character of name.toLowerCase()) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  return sum % COLOURS;
}
