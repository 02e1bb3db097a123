import { createHmac, createSecretKey, hash, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { LRUCache } from 'lru-cache';

export type Token = { userId: number; sessionId: string /** Milliseconds since 1970. */; expiresAt: number };

const ISSUER = 'mmchat';
const MOST_REMEMBERED = 20_000;
const SESSION_ID = /^[A-Za-z0-9_-]{16,36}$/;

/** Issues and verifies the JWTs that name a session, and hashes what must not be stored as it is. */
export class Tokens {
  readonly #secret: string;
  readonly #key: KeyObject;
  /** Verified once, a token is only looked up: verifying costs more than all the rest of a small request. */
  readonly #verified = new LRUCache<string, Token>({ max: MOST_REMEMBERED });

  constructor(secret: string) {
    this.#secret = secret;
    this.#key = createSecretKey(Buffer.from(secret, 'utf8'));
  }

  /** @param expiresAt milliseconds since 1970; the token holds whole seconds */
  issue({ userId, sessionId, expiresAt }: Token): string {
    const claims = { sid: sessionId, exp: Math.floor(expiresAt / 1000) };
    return jwt.sign(claims, this.#key, {
      algorithm: 'HS256',
      issuer: ISSUER,
      audience: ISSUER,
      subject: String(userId),
    });
  }

  /** The token's content, or undefined for one that is not ours, not whole or expired. */
  verify(token: string): Token | undefined {
    const known = this.#verified.get(token) ?? this.#verifyAnew(token);
    return known !== undefined && known.expiresAt > Date.now() ? known : undefined;
  }

  /** A keyed hash: a code of six digits could be found from a plain one in no time. */
  keyedHash(purpose: string, value: string): string {
    return createHmac('sha256', this.#secret).update(`${purpose}\0${value}`).digest('hex');
  }

  #verifyAnew(token: string): Token | undefined {
    const content = readClaims(token, this.#key);
    if (content !== undefined) this.#verified.set(token, content);
    return content;
  }
}

function readClaims(token: string, key: KeyObject): Token | undefined {
  try {
    // without `algorithms` HS512 would pass too, and without the checks below a token that never expires
    const claims = jwt.verify(token, key, { algorithms: ['HS256'], issuer: ISSUER, audience: ISSUER });
    if (typeof claims === 'string' || typeof claims.exp !== 'number' || typeof claims.sid !== 'string')
      return undefined;
    const userId = Number(claims.sub);
    if (!Number.isSafeInteger(userId) || userId < 1 || !SESSION_ID.test(claims.sid)) return undefined;
    return { userId, sessionId: claims.sid, expiresAt: claims.exp * 1000 };
  } catch {
    return undefined; // wrong, expired or not yet valid; and whatever its damaged parts make a parser throw
  }
}

/** 256 random bits as text. */
export const randomKey = () => randomBytes(32).toString('base64url');
export const sha256 = (value: string) => hash('sha256', value, 'hex');

export function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
