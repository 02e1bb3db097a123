import type { KnownOrigins } from './known-origins.ts';
import type { Mail } from './mail.ts';
import type { OneTimeCodes } from './one-time-codes.ts';
import type { Passwords } from './passwords.ts';
import type { Sessions } from './sessions.ts';

/** What the operations on accounts work with. */
export type Accounts = {
  readonly sessions: Sessions;
  readonly passwords: Passwords;
  readonly codes: OneTimeCodes;
  readonly origins: KnownOrigins;
  readonly mail: Mail;
};
