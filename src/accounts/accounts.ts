import type { Mail } from '../mail/mail.ts';
import type { KnownOrigins } from './known-origins.ts';
import type { OneTimeCodes } from './one-time-codes.ts';
import type { Passwords } from './passwords.ts';
import type { Sessions } from './sessions.ts';

/** The services that the operations on accounts use. */
export type Accounts = {
  readonly sessions: Sessions;
  readonly passwords: Passwords;
  readonly codes: OneTimeCodes;
  readonly origins: KnownOrigins;
  readonly mail: Mail;
};
