import { drawable } from '../parts/marks.ts';

const ADDRESS = /(https?:\/\/[^\s<>"']+)/;
/** What ends a sentence is not part of an address in it. */
const AFTER = /[.,;:!?)\]}…]+$/;

/** A text as it was written, in which web addresses are links. Built of elements: it can never be HTML. */
export function LinkedText({ text }: { text: string }) {
  return (
    <>
      {drawable(text)
        .split(ADDRESS)
        .map((part, index) => {
          if (index % 2 === 0) return part;
          const address = part.replace(AFTER, '');
          if (!URL.canParse(address)) return part;
          return [
            <a key={index} href={address} target="_blank" rel="noopener noreferrer">
              {address}
            </a>,
            part.slice(address.length),
          ];
        })}
    </>
  );
}
