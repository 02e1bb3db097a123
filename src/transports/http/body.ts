import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { MIMEType, promisify } from 'node:util';
import { brotliDecompress, unzip } from 'node:zlib';
import type Koa from 'koa';
import readBytes from 'raw-body';
import { ChatError } from '../../operation/errors.ts';

/** Of a body as it is sent, and after decompression. */
const MOST_BODY_BYTES = 65_536;
/** The same of a profile with a picture of 64 kB in base64. */
const MOST_PROFILE_BYTES = 98_304;
const PROFILE = /^\/api\/me\/?$/i;
/** An operation at these has all of its input in the address: a body has no meaning there (RFC 9110, 9.3.1), and is not read. */
const WITHOUT_BODY = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS']);
const DECOMPRESS = { gzip: promisify(unzip), deflate: promisify(unzip), br: promisify(brotliDecompress) };
const UTF_8 = /^utf-?8$/i;
/** Decoded leniently, two different texts (passwords, too) would become the same one. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads the body, which is JSON in UTF-8 or refused; `state.body` stays undefined where there is none.
 * @throws ChatError `unsupported_media_type`, `body_too_large` (64 kB), `invalid_json`
 */
export const readBody = bodyReader(() => MOST_BODY_BYTES);

/** The same, but a profile may have 96 kB. */
export const readBodyWithPicture = bodyReader(({ path }) =>
  PROFILE.test(path) ? MOST_PROFILE_BYTES : MOST_BODY_BYTES,
);

function bodyReader(mostBytes: (ctx: Koa.Context) => number): Koa.Middleware {
  return async (ctx, next) => {
    if (!WITHOUT_BODY.has(ctx.method)) ctx.state.body = await bodyOf(ctx.req, mostBytes(ctx));
    return next();
  };
}

async function bodyOf(request: IncomingMessage, most: number): Promise<unknown> {
  const { headers } = request;
  const length = Number(headers['content-length'] ?? 0);
  if (length === 0 && headers['transfer-encoding'] === undefined) return undefined;
  if (length > 0) mustBeJson(headers);
  const bytes = await readBytes(request, { limit: most, length: length || null }).catch(refuse);
  if (bytes.length === 0) return undefined; // sent in pieces, of which there were none
  mustBeJson(headers);
  const encoding = headers['content-encoding'] ?? 'identity';
  return parsed(encoding === 'identity' ? bytes : await decompressed(bytes, encoding, most));
}

/** `application/json` and nothing like it: other kinds of JSON mean something that we would overlook. */
function mustBeJson({ 'content-type': type = '' }: IncomingHttpHeaders): void {
  if (type === 'application/json') return;
  const { essence, params } = mediaTypeOf(type);
  if (essence !== 'application/json' || !UTF_8.test(params.get('charset') ?? 'utf-8'))
    throw new ChatError('unsupported_media_type');
}

function mediaTypeOf(text: string): MIMEType {
  try {
    return new MIMEType(text);
  } catch {
    throw new ChatError('unsupported_media_type');
  }
}

async function decompressed(bytes: Buffer, encoding: string, most: number): Promise<Buffer> {
  const name = encoding.trim().toLowerCase();
  if (!Object.hasOwn(DECOMPRESS, name)) throw new ChatError('unsupported_media_type', { message: UNKNOWN_ENCODING });
  return DECOMPRESS[name as keyof typeof DECOMPRESS](bytes, { maxOutputLength: most }).catch(refuse);
}

const UNKNOWN_ENCODING =
  'The body may be compressed with gzip, deflate or br (Content-Encoding), and with nothing else.';

function parsed(bytes: Buffer): unknown {
  try {
    const text = utf8.decode(bytes);
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    throw new ChatError('invalid_json');
  }
}

function refuse(error: { status?: number; code?: string }): never {
  if (error.status === 413 || error.code === 'ERR_BUFFER_TOO_LARGE') throw new ChatError('body_too_large');
  throw new ChatError('invalid_json'); // cut off, or not compressed as it says
}
