import type { Email } from '../mail/mail.ts';
import type { CallInfo } from '../operation/caller.ts';
import type { Context } from '../operation/context.ts';
import { ChatError } from '../operation/errors.ts';
import { CODE_REQUEST } from '../operation/result.ts';
import { originOf } from '../rate-limits/client-address.ts';
import type { Limits } from '../rate-limits/limits.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { keyFor } from './known-origins.ts';
import { emailKeyOf } from './names.ts';
import type { CorrectCode, Purpose } from './one-time-codes.ts';

/** Runs the requests for one address one at a time, so that the last e-mail contains the newest code. */
const codeQueue = new KeyedQueue();
/** The one key under which the wrong codes of all clients are counted. */
const ALL_CLIENTS = 'all';

/**
 * Issues a code for an e-mail address, within the limits of the requesting network and of the address. An origin that
 * the owner of the address has logged in from has limits of its own, which others cannot use up.
 * @param send queues the e-mail; codes for one address are stored and sent in the same order
 * @throws ChatError `rate_limited`
 */
export async function requestCode(
  context: Context,
  info: CallInfo,
  what: { purpose: Purpose; email: string; to: string; request: string | undefined },
  send: (code: string, options: Pick<Email, 'ttlMs' | 'replaces' | 'isWanted'>) => void,
): Promise<{ message: string; request_id: string; [CODE_REQUEST]: string }> {
  const { purpose, email, to, request = info.codeRequest } = what;
  const { codes } = context.accounts;
  const emailKey = emailKeyOf(email);
  await takeCode(context.limits, emailKey, info.address, await isKnown(context, emailKey, info));
  const address = `${purpose}\0${emailKey}`;
  return codeQueue.run(address, async () => {
    const { code, requestId } = await codes.issue({ purpose, emailKey }, to, request);
    send(code, {
      ttlMs: codes.ttlSec * 1_000,
      replaces: address,
      isWanted: () => codes.isNewest({ purpose, emailKey }, requestId),
    });
    return { message: 'OTP sent', request_id: requestId, [CODE_REQUEST]: requestId };
  });
}

async function takeCode(limits: Limits, emailKey: string, address: string, known: boolean): Promise<void> {
  const [origin, network] = [true, false].map((each) => keyFor(emailKey, address, each)) as [string, string];
  await limits.take('otpAddress', origin);
  await limits.take('otpAddressDaily', origin);
  if (known) return;
  if (network !== origin) await limits.take('otpAddress', network);
  if (network !== origin) await limits.take('otpAddressDaily', network);
  await limits.take('otpTotal', emailKey);
  await limits.take('otpTotalDaily', emailKey);
}

/**
 * Compares a code. Wrong codes are limited per origin, and those for password resets also in total, against guessing on
 * many accounts. Once the total is reached, only origins that the owner has logged in from may try.
 * @throws ChatError `invalid_otp`, `rate_limited`
 */
export async function checkCode(
  context: Context,
  info: CallInfo,
  what: { purpose: Purpose; email: string; code: string; request: string | undefined },
): Promise<CorrectCode> {
  const { purpose, email, code, request = info.codeRequest } = what;
  const emailKey = emailKeyOf(email);
  const { limits, accounts, observer } = context;
  const countsInTotal = purpose === 'reset' && !(await isKnown(context, emailKey, info));
  const origin = originOf(info.address);
  await limits.take('wrongCodesOrigin', origin);
  if (countsInTotal) await limits.take('wrongCodes', ALL_CLIENTS);
  let isWrong = false;
  try {
    return await accounts.codes.check({ purpose, emailKey }, code, request);
  } catch (error) {
    isWrong = error instanceof ChatError;
    if (isWrong) observer.wrongCode(purpose);
    throw error;
  } finally {
    if (!isWrong) await limits.giveBack('wrongCodesOrigin', origin);
    if (!isWrong && countsInTotal) await limits.giveBack('wrongCodes', ALL_CLIENTS);
  }
}

const isKnown = ({ accounts, database }: Context, emailKey: string, { address }: CallInfo) =>
  accounts.origins.isKnownForEmail(database.sql, emailKey, address);
