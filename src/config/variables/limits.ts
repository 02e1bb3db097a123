import { variable } from '../definition.ts';
import { integer, MAX_TIMER_SEC, onOff, rate } from '../parsers.ts';

/** The longest wait after failed logins is this many times the first. */
const LONGEST_FACTOR = 8;

export const limits = {
  RATE_LIMITS: variable(
    onOff,
    'on',
    '`off` disables all rate limits, including the limit of connections; the start-up lines report it.',
  ),
  RATE_OTP_ADDRESS: variable(
    rate(),
    '3/600',
    'Codes per e-mail address that one origin or network (IPv4: /24, IPv6: /64) may request.',
  ),
  RATE_OTP_ADDRESS_DAILY: variable(rate(), '10/86400', 'The same per day.'),
  RATE_OTP_TOTAL: variable(
    rate(),
    '10/600',
    'Codes per e-mail address for all networks together. Origins that its owner has logged in from are not counted.',
  ),
  RATE_OTP_TOTAL_DAILY: variable(rate(), '20/86400', 'The same per day.'),
  RATE_WRONG_CODES: variable(
    rate(),
    '1000/600',
    'Wrong codes for new passwords in total. Beyond it only origins that the owner has logged in from may try.',
  ),
  RATE_WRONG_CODES_ORIGIN: variable(rate(), '30/600', 'Wrong codes per client address.'),
  RATE_SIGNUP_ORIGIN: variable(
    rate(),
    '60/60',
    'Calls of each step of signing up and of resetting a password, per client address.',
  ),
  RATE_LOGINS: variable(rate(), '60/900', 'Logins per account and network.'),
  RATE_LOGIN_ACCOUNT: variable(
    rate(Math.floor(MAX_TIMER_SEC / LONGEST_FACTOR)),
    '5/900',
    'Failed logins per account and network; an origin that the owner has logged in from is counted separately. The wait doubles each time within a day, up to eight times the first.',
  ),
  RATE_LOGIN_ORIGIN: variable(rate(), '50/900', 'Failed logins per client address.'),
  RATE_SENDS: variable(rate(), '20/1', 'The sustained rate of messages per user.'),
  RATE_SENDS_BURST: variable(integer(1, 1_000_000), '60', 'Messages that a user may send in a burst.'),
  RATE_OPERATIONS: variable(rate(), '50/1', 'All other operations per user.'),
  RATE_ADDED: variable(rate(), '120/60', 'How often a user may be added to groups, by all users together.'),
  MAX_CONNECTIONS_PER_USER: variable(integer(1, 1_000_000), '20', 'Open sockets per user, on all nodes together.'),
};
