import { createSecretKey } from 'node:crypto';
import jwt, { type Algorithm } from 'jsonwebtoken';
import type { TestApp } from '../support/app.ts';
import type { Person } from '../support/people.ts';

export type Claims = { sid: string; sub: string; iss: string; aud: string; exp: number };

export const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

/** The claims in a user’s token. */
export function claimsOf({ token }: Person): Claims {
  const { sid, sub, iss, aud, exp } = jwt.decode(token) as Claims; // the server’s tokens have all of them
  return { sid, sub, iss, aud, exp };
}

/** A token with these claims, by default with the server’s own secret. */
export function forge(app: TestApp, claims: Partial<Claims>, algorithm: Algorithm = 'HS256', secret?: string): string {
  const text = secret ?? app.env.JWT_SECRET ?? '';
  const key = algorithm === 'none' ? '' : createSecretKey(Buffer.from(text));
  const given = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
  return jwt.sign(given, key as never, { algorithm, noTimestamp: true }); // the types lack unsigned tokens
}
