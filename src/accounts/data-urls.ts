import { type Avatar, MAX_AVATAR_BYTES } from './avatars.ts';

const DATA_URL = /^data:(image\/(?:png|jpeg|webp|gif));base64,([A-Za-z\d+/]+={0,2})$/;
const MAX_BASE64_CHARACTERS = Math.ceil(MAX_AVATAR_BYTES / 3) * 4;
const MAX_CHARACTERS = 'data:image/jpeg;base64,'.length + MAX_BASE64_CHARACTERS;

/** How files of each type begin. */
const SIGNATURES: Readonly<Record<string, (content: Buffer) => boolean>> = {
  'image/png': (content) => startsWith(content, '\x89PNG\r\n\x1a\n'),
  'image/jpeg': (content) => startsWith(content, '\xff\xd8\xff'),
  'image/gif': (content) => startsWith(content, 'GIF87a') || startsWith(content, 'GIF89a'),
  'image/webp': (content) => startsWith(content, 'RIFF') && startsWith(content.subarray(8), 'WEBP'),
};

const startsWith = (content: Buffer, text: string) => content.subarray(0, text.length).toString('latin1') === text;

export const isDataUrl = (text: string): boolean => text.startsWith('data:');

/** The picture in a `data:` URL; undefined unless it is one of at most 64 kB that is what its type says. */
export function pictureIn(url: string): Avatar | undefined {
  if (url.length > MAX_CHARACTERS) return undefined;
  const [, contentType = '', base64 = ''] = DATA_URL.exec(url) ?? [];
  if (base64 === '' || base64.length % 4 !== 0) return undefined;
  const content = Buffer.from(base64, 'base64');
  const isPicture = content.length <= MAX_AVATAR_BYTES && SIGNATURES[contentType]?.(content) === true;
  // bits that no byte has: another text for the same picture
  return isPicture && content.toString('base64') === base64 ? { contentType, content } : undefined;
}
