import type { Letter } from './mail-carriers.ts';

/** The letter that proves, at signup, that the address is the caller's. `ttlSec` is how long the code is valid, in seconds. */
export function signupCode(to: string, username: string | undefined, code: string, ttlSec: number): Letter {
  return {
    to,
    subject: 'Your MmChat sign-up code',
    text: lines(
      greeting(username),
      'welcome to MmChat! Enter this code to finish signing up:',
      code,
      `It is valid for ${duration(ttlSec)} and works once.`,
      'If you did not ask to join MmChat, just ignore this letter: no account is made without the code.',
    ),
  };
}

/** Sent at signup in place of a code, so that only the owner of the address learns that it has an account. */
export function addressTaken(to: string): Letter {
  return {
    to,
    subject: 'You already have an MmChat account',
    text: lines(
      'Hello,',
      'somebody tried to sign up for MmChat with this address, which already has an account.',
      'If it was you, log in instead; if you have forgotten your password, ask for a new one there.',
      'If it was not you, just ignore this letter: nothing has changed.',
    ),
  };
}

/** The letter that lets its reader choose a new password. `ttlSec` is how long the code is valid, in seconds. */
export function resetCode(to: string, code: string, ttlSec: number): Letter {
  return {
    to,
    subject: 'Your MmChat password reset code',
    text: lines(
      'Hello,',
      'enter this code in MmChat to choose a new password:',
      code,
      `It is valid for ${duration(ttlSec)} and works once. Never give it to anybody.`,
      'If you did not ask for it, just ignore this letter: your password stays as it is.',
    ),
  };
}

/** Tells the owner of an account that its password was changed with a code: if it was not them, somebody reads their mail. */
export function passwordChanged(to: string): Letter {
  return {
    to,
    subject: 'Your MmChat password was changed',
    text: lines(
      'Hello,',
      'the password of your MmChat account was changed with a code that was sent to this address. All devices are logged out.',
      'If it was you, there is nothing to do.',
      'If it was not you, somebody else can read your mail: secure your mailbox first, then ask MmChat for a new password.',
    ),
  };
}

const lines = (...paragraphs: string[]): string => `${paragraphs.join('\n\n')}\n`;

/** A name with a dot can be that of a web site, which mail programs make a link of: it is left out. */
const greeting = (username: string | undefined): string =>
  username === undefined || username.includes('.') ? 'Hello,' : `Hello ${username},`;

function duration(seconds: number): string {
  const [count, unit] = seconds % 60 === 0 ? [seconds / 60, 'minute'] : [seconds, 'second'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
