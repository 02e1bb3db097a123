import { ChatError } from '../operation/errors.ts';
import * as field from '../operation/fields.ts';
import { command } from '../operation/operation.ts';
import { COOKIE } from '../operation/result.ts';
import { timeOf } from '../time.ts';

/**
 * Extends the caller's session to its full lifetime, if a quarter of it has passed. A client that sent the token itself
 * receives a new one; a client with a cookie receives a new cookie over HTTP, never the token.
 */
export const renewSession = command('renew', {
  http: 'POST /api/renew',
  operationId: 'renewSession',
  summary: 'Extend your session to its full lifetime',
  details:
    'A session can be renewed once a quarter of its lifetime has passed, up to `SESSION_MAX_DAYS` after the login; before that the answer contains its current expiry. Any request with the cookie renews it too.',
  input: {},
  result: {
    expires_at: field.time('When the session expires.', '2025-09-21T12:34:56.000Z'),
    token: field.optional(
      field.text('For clients that sent the token themselves, not in a cookie.', 'eyJhbGciOiJIUzI1NiJ9.e30.x'),
    ),
  },
  async run(_, caller, { accounts }, { holdsToken = false }) {
    const renewed = await accounts.sessions.renewal.renew(caller);
    if (renewed === undefined) throw new ChatError('unauthenticated');
    const { token, expiresAt } = renewed;
    return { expires_at: timeOf(expiresAt), ...(holdsToken ? { token } : { [COOKIE]: token }) };
  },
});
