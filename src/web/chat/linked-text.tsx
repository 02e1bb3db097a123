import { limitCombiningMarks } from '../components/combining-marks.ts';

const ADDRESS = /(https?:\/\/[^\s<>"']+)/;
/** Punctuation that ends a sentence is not part of an address. */
const AFTER = /[.,;:!?)\]}…]+$/;

/** A text in which web addresses are links. It is built of elements, so it can never contain HTML. */
export function LinkedText({ text }: { text: string }) {
  return (
    <>
      {limitCombiningMarks(text)
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
