import { ChatError } from '../../operation/errors.ts';

const MOST_REF_CHARACTERS = 64;

/** By which a client matches an answer with its frame. */
type Ref = string | number;
export type Frame = { type: string; ref: Ref | undefined; input: Record<string, unknown> };

/**
 * Parses the call in one text frame; undefined if it is not the text of a JSON object with a `type`.
 * @throws ChatError `invalid_input` for a `ref` that cannot be given back as it came: nothing of such a frame is done
 */
export function readFrame(text: string): Frame | undefined {
  const parsed = parse(text);
  if (typeof parsed?.type !== 'string') return undefined;
  const { type, ref, ...input } = parsed;
  return { type, input, ref: readRef(ref) };
}

function parse(text: string): Record<string, unknown> | null | undefined {
  try {
    return JSON.parse(text); // or null, or a text: neither has a `type`
  } catch {
    return undefined; // not JSON: the caller answers with an error
  }
}

/** A number beyond the safe integers was rounded already when the JSON was parsed. */
function readRef(ref: unknown): Ref | undefined {
  if (ref === undefined || ref === null) return undefined;
  if (typeof ref === 'number' && Number.isSafeInteger(ref)) return ref;
  if (typeof ref === 'string' && ref.length <= 2 * MOST_REF_CHARACTERS && [...ref].length <= MOST_REF_CHARACTERS)
    return ref;
  const message = `has to be a text of at most ${MOST_REF_CHARACTERS} characters, or a whole number that JavaScript can hold`;
  throw new ChatError('invalid_input', { fields: [{ field: 'ref', message }] });
}
