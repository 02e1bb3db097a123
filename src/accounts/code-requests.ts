import { originOf } from '../client-address.ts';
import type { Context } from '../context.ts';
import { ChatError } from '../errors.ts';
import { type Asked, CODE_REQUEST } from '../operation.ts';
import { keyOf } from './fields.ts';
import { keyFor } from './known-origins.ts';
import type { Limits } from './limits.ts';
import type { Purpose, RightCode } from './one-time-codes.ts';

/** Whoever's wrong codes are counted together. */
const EVERYBODY = 'all';

/**
 * Makes a code for an address of mail, within the limits of the network that asks and of the address. An origin that the
 * owner of the address has logged in from has limits of its own, which others cannot use up.
 * @param request the request whose code this one replaces
 * @throws ChatError `rate_limited`
 */
export async function requestCode(
  context: Context,
  asked: Asked,
  what: { purpose: Purpose; email: string; to: string; request: string | undefined },
): Promise<{ code: string; answer: { message: string; request_id: string; [CODE_REQUEST]: string } }> {
  const { purpose, email, to, request = asked.codeRequest } = what;
  const { codes } = context.accounts;
  const emailKey = keyOf(email);
  await takeCode(context.limits, emailKey, asked.address, await isKnown(context, emailKey, asked));
  const { code, requestId } = await codes.issue({ purpose, emailKey }, to, request);
  return { code, answer: { message: 'OTP sent', request_id: requestId, [CODE_REQUEST]: requestId } };
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
 * Compares a code. Wrong ones are limited per origin, and those for resets over all: that many mean that somebody tries
 * codes on many accounts. Then only origins that the owner has logged in from may still try.
 * @throws ChatError `invalid_otp`, `rate_limited`
 */
export async function checkCode(
  context: Context,
  asked: Asked,
  what: { purpose: Purpose; email: string; code: string; request: string | undefined },
): Promise<RightCode> {
  const { purpose, email, code, request = asked.codeRequest } = what;
  const emailKey = keyOf(email);
  const { limits, accounts, observer } = context;
  const everywhere = purpose === 'reset' && !(await isKnown(context, emailKey, asked));
  const origin = originOf(asked.address);
  await limits.take('wrongCodesOrigin', origin);
  if (everywhere) await limits.take('wrongCodes', EVERYBODY);
  let isWrong = false;
  try {
    return await accounts.codes.check({ purpose, emailKey }, code, request);
  } catch (error) {
    isWrong = error instanceof ChatError;
    if (isWrong) observer.wrongCode(purpose);
    throw error;
  } finally {
    if (!isWrong) await limits.giveBack('wrongCodesOrigin', origin);
    if (!isWrong && everywhere) await limits.giveBack('wrongCodes', EVERYBODY);
  }
}

const isKnown = ({ accounts, database }: Context, emailKey: string, { address }: Asked) =>
  accounts.origins.isKnownForEmail(database.sql, emailKey, address);
