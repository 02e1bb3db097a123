import { createHmac, createSecretKey, hash, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { cacheOf } from '../operation/cache.ts';

export type Token = { userId: number; sessionId: string /** Milliseconds since 1970. */; expiresAt: number };

const ISSUER = 'mmchat';
const MAX_CACHED = 20_000;
const SESSION_ID = /^[A-Za-z0-9_-]{16,36}$/;

/** Issues and verifies the JWTs of sessions, and hashes secrets for storage. */
export class Tokens {
  readonly #secret: string;
  readonly #key: KeyObject;
  /** Verifying a token costs more than the rest of a small request. */
  readonly #verified = cacheOf<string, Token>(MAX_CACHED);

  readonly #now: () => number;

  /** @param now milliseconds since 1970 */
  constructor(secret: string, now: () => number = Date.now) {
    this.#now = now;
    this.#secret = secret;
    this.#key = createSecretKey(Buffer.from(secret, 'utf8'));
  }

  /** @param expiresAt milliseconds since 1970; the token holds whole seconds */
  issue({ userId, sessionId, expiresAt }: Token): string {
    const claims = { sid: sessionId, iat: secondsOf(this.#now()), exp: secondsOf(expiresAt) };
    return jwt.sign(claims, this.#key, {
      algorithm: 'HS256',
      issuer: ISSUER,
      audience: ISSUER,
      subject: String(userId),
    });
  }

  /** The token's content; undefined if it is invalid or expired. */
  verify(token: string): Token | undefined {
    const content = this.#verified.get(token) ?? this.#verifyUncached(token);
    return content !== undefined && content.expiresAt > this.#now() ? content : undefined;
  }

  /** A keyed hash (HMAC): with a plain one, a code of six digits could be found by trying all. */
  keyedHash(purpose: string, value: string): string {
    return createHmac('sha256', this.#secret).update(`${purpose}\0${value}`).digest('hex');
  }

  #verifyUncached(token: string): Token | undefined {
    const content = readClaims(token, this.#key, this.#now());
    if (content !== undefined) this.#verified.set(token, content);
    return content;
  }
}

const secondsOf = (ms: number) => Math.floor(ms / 1000);

function readClaims(token: string, key: KeyObject, now: number): Token | undefined {
  try {
    // without `algorithms` HS512 would be accepted, and without the checks below a token that never expires
    const expected = { algorithms: ['HS256' as const], issuer: ISSUER, audience: ISSUER };
    const claims = jwt.verify(token, key, { ...expected, clockTimestamp: secondsOf(now) });
    if (typeof claims === 'string' || typeof claims.exp !== 'number' || typeof claims.sid !== 'string')
      return undefined;
    const userId = Number(claims.sub);
    if (!Number.isSafeInteger(userId) || userId < 1 || !SESSION_ID.test(claims.sid)) return undefined;
    return { userId, sessionId: claims.sid, expiresAt: claims.exp * 1000 };
  } catch {
    return undefined; // invalid, expired or not yet valid; a damaged token makes parsers throw various errors
  }
}

/** When a token that this server issued expires, in milliseconds since 1970. */
export function expiryOf(token: string): number {
  const claims = jwt.decode(token);
  if (claims === null || typeof claims === 'string' || claims.exp === undefined)
    throw new Error('the token has no expiry');
  return claims.exp * 1000;
}

/** 256 random bits as text. */
export const randomKey = () => randomBytes(32).toString('base64url');
export const sha256 = (value: string) => hash('sha256', value, 'hex');

export function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
