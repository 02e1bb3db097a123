import { createSecretKey } from 'node:crypto';
import jwt, { type Algorithm } from 'jsonwebtoken';
import type { TestApp } from '../support/app.ts';
import type { Person } from '../support/people.ts';

export type Claims = { sid: string; sub: string; iss: string; aud: string; exp: number };

export const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

/** What the server wrote into somebody's token. */
export function claimsOf({ token }: Person): Claims {
  const { sid, sub, iss, aud, exp } = jwt.decode(token) as Claims; // the server's own tokens have them all
  return { sid, sub, iss, aud, exp };
}

/** A token with these claims under the server's own secret, or as told. */
export function forge(app: TestApp, claims: Partial<Claims>, algorithm: Algorithm = 'HS256', secret?: string): string {
  const text = secret ?? app.env.JWT_SECRET ?? '';
  const key = algorithm === 'none' ? '' : createSecretKey(Buffer.from(text));
  const given = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
  return jwt.sign(given, key as never, { algorithm, noTimestamp: true }); // its types know no unsigned token
}
