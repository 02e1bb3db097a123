import type { Email } from './transports.ts';

/** The e-mail with the code for signing up. @param ttlSec how long the code is valid, in seconds */
export function signupCode(to: string, username: string | undefined, code: string, ttlSec: number): Email {
  return {
    to,
    subject: 'Your MmChat sign-up code',
    text: lines(
      greeting(username),
      'welcome to MmChat! Enter this code to finish signing up:',
      code,
      `It is valid for ${duration(ttlSec)} from when it was requested, and works once.`,
      'If you did not ask to join MmChat, just ignore this e-mail: no account is created without the code.',
    ),
  };
}

/** Sent at signup instead of a code, so that only the owner of the address learns that it has an account. */
export function addressTaken(to: string, username: string): Email {
  return {
    to,
    subject: 'You already have an MmChat account',
    text: lines(
      'Hello,',
      'somebody tried to sign up for MmChat with this address, which already has an account.',
      yourUsername(username),
      'If it was you, log in instead; if you have forgotten your password, ask for a new one there.',
      'If it was not you, just ignore this e-mail: nothing has changed.',
    ),
  };
}

/** The e-mail with the code for a new password. @param ttlSec how long the code is valid, in seconds */
export function resetCode(to: string, username: string, code: string, ttlSec: number): Email {
  return {
    to,
    subject: 'Your MmChat password reset code',
    text: lines(
      'Hello,',
      'enter this code in MmChat to choose a new password:',
      code,
      `It is valid for ${duration(ttlSec)} from when it was requested, and works once. Never give it to anybody.`,
      yourUsername(username),
      'If you did not ask for it, just ignore this e-mail: your password stays as it is.',
    ),
  };
}

const CHANGED = {
  code: {
    how: 'was changed with a code that was sent to this address. All devices are logged out.',
    warning:
      'If it was not you, somebody else can read your mail: secure your mailbox first, then ask MmChat for a new password.',
  },
  login: {
    how: 'was changed by somebody who was logged in and knew the old one. All other devices are logged out.',
    warning: 'If it was not you, ask MmChat for a new password now: that logs everybody out.',
  },
};

/** Reports to the owner of an account how its password was changed, and what to do if it was not them. */
export function passwordChanged(to: string, by: keyof typeof CHANGED): Email {
  const { how, warning } = CHANGED[by];
  return {
    to,
    subject: 'Your MmChat password was changed',
    text: lines(
      'Hello,',
      `the password of your MmChat account ${how}`,
      'If it was you, there is nothing to do.',
      warning,
    ),
  };
}

const lines = (...paragraphs: string[]): string => `${paragraphs.join('\n\n')}\n`;

/** Omits a name with a dot: it may be the name of a web site, which mail programs turn into a link. */
const greeting = (username: string | undefined): string =>
  username === undefined || username.includes('.') ? 'Hello,' : `Hello ${username},`;

/** Puts blanks around dots, so that mail programs make no link of the name; the login ignores blanks. */
const yourUsername = (username: string): string =>
  username.includes('.')
    ? `Your username, without the blanks, is: ${username.replaceAll('.', ' . ')}`
    : `Your username is: ${username}`;

function duration(seconds: number): string {
  const [count, unit] = seconds % 60 === 0 ? [seconds / 60, 'minute'] : [seconds, 'second'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
