import { passwordChanged, resetCode } from '../mail/emails.ts';
import { ChatError } from '../operation/errors.ts';
import * as field from '../operation/fields.ts';
import { publicOperation } from '../operation/operation.ts';
import { COOKIE } from '../operation/result.ts';
import { originOf } from '../rate-limits/client-address.ts';
import { checkCode, requestCode } from './code-requests.ts';
import { Session, User } from './entities.ts';
import { codeRequest, email, newPassword, oneTimeCode } from './fields.ts';
import { findByEmail } from './find-users.ts';
import { keyFor } from './known-origins.ts';
import { emailKeyOf } from './names.ts';
import { refuseNameAsPassword } from './password-rules.ts';
import { codeSentFields } from './results.ts';

/** The name in the e-mail that is composed, but never sent, for an address without an account. */
const NOBODY = 'nobody';

/** Sends a code for a new password; an unknown address gets the same answer and no e-mail. */
export const initiateReset = publicOperation('forgot_initiate', {
  http: 'POST /api/forgot/initiate',
  operationId: 'initiatePasswordReset',
  summary: 'Begin to reset the password: a one-time code is sent to the e-mail address',
  details: 'An address without an account gets the same answer, and no e-mail.',
  input: { email: email(), request_id: codeRequest() },
  result: codeSentFields,
  cookie: 'request',
  audit: { done: 'reset_asked' },
  async run({ email: address, request_id: request }, _, context, info) {
    info.quota = await context.limits.take('forgotOrigin', originOf(info.address));
    const { codes, mail } = context.accounts;
    const user = await findByEmail(context.database.sql, emailKeyOf(address));
    info.about = user?.id;
    const what = { purpose: 'reset', email: address, to: user?.email ?? address, request } as const;
    return requestCode(context, info, what, (code, options) => {
      const content = resetCode(what.to, user?.username ?? NOBODY, code, codes.ttlSec);
      mail.sendLater({ ...content, ...options }, user !== undefined);
    });
  },
});

/** Sets a new password and ends all of the user's sessions. */
export const resetPassword = publicOperation('forgot_reset', {
  http: 'POST /api/forgot/reset',
  operationId: 'resetPassword',
  summary: 'Set a new password with the code',
  details: 'It ends all of your sessions.',
  input: {
    email: email(),
    otp: oneTimeCode(),
    new_password: newPassword('NewStrongPassword456'),
    request_id: codeRequest(),
  },
  result: { message: field.fixed('Password updated') },
  errors: ['invalid_otp'],
  cookie: 'cleared',
  audit: { done: 'reset_done', refused: { invalid_otp: 'code_wrong' } },
  async run({ email: address, otp, new_password: password, request_id: request }, _, context, info) {
    info.quota = await context.limits.take('resetOrigin', originOf(info.address));
    refuseNameAsPassword(password, { email: address }, 'new_password');
    const { codes, mail, passwords, sessions } = context.accounts;
    const code = await checkCode(context, info, { purpose: 'reset', email: address, code: otp, request });
    const user = await context.database.entities().findOne(User, { emailKey: code.emailKey });
    if (user === null) throw new ChatError('invalid_otp');
    info.about = user.id;
    refuseNameAsPassword(password, user, 'new_password');
    const passwordHash = await passwords.hash(password);
    await context.database.transaction(async ({ sql: transaction }) => {
      await codes.use(transaction, code);
      const entities = context.database.entities(transaction);
      await entities.nativeUpdate(User, { id: user.id }, { passwordHash });
      await entities.nativeDelete(Session, { userId: user.id });
    });
    mail.send(passwordChanged(user.email, 'code'));
    await sessions.endedAll(user.id);
    // the owner of the mailbox is there, so clear both counters
    for (const known of [true, false])
      await context.limits.clear('loginAccount', keyFor(user.usernameKey, info.address, known));
    return { message: 'Password updated', [COOKIE]: null };
  },
});
