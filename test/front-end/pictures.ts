/** The beginning of a file of each type, as the format defines it. */
const BEGINNINGS = {
  png: Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
  jpeg: Buffer.from('\xff\xd8\xff\xe0', 'latin1'),
  gif: Buffer.from('GIF89a', 'latin1'),
  webp: Buffer.from('RIFF\x10\0\0\0WEBPVP8 ', 'latin1'),
};
export type PictureType = keyof typeof BEGINNINGS;
export const PICTURE_TYPES = Object.keys(BEGINNINGS) as PictureType[];

/** A file that begins like one of its type. @param mark tells files apart */
export function fileOf(type: PictureType, bytes = 64, mark = 0): Buffer {
  const file = Buffer.alloc(bytes, mark);
  BEGINNINGS[type].copy(file);
  return file;
}

export const dataUrlOf = (type: string, file: Buffer) => `data:image/${type};base64,${file.toString('base64')}`;
