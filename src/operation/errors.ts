/** All errors, with the same code on every transport. The status is sent over HTTP only. */
export const ERRORS = {
  invalid_request: { status: 400, message: 'This is not a valid HTTP request.' },
  invalid_json: { status: 400, message: 'The body is not valid JSON.' },
  invalid_input: { status: 400, message: 'Some of the input is invalid.' },
  invalid_handshake: { status: 400, message: 'This is not a valid request to open or use a connection.' },
  unsupported_client: { status: 400, message: 'Socket.IO client 3 or later is needed.' },
  unknown_member: { status: 400, message: 'Some of the members do not exist.' },
  own_conversation: { status: 400, message: 'A private conversation needs another user.' },
  unauthenticated: { status: 401, message: 'Please log in.' },
  invalid_credentials: { status: 401, message: 'Wrong username or password.' },
  wrong_password: { status: 403, message: 'The password is wrong.' },
  forbidden_origin: { status: 403, message: 'Requests from this origin are not allowed.' },
  not_participant: { status: 403, message: 'You are not in this conversation.' },
  not_admin: { status: 403, message: 'Only an admin of the group may do this.' },
  not_sender: { status: 403, message: 'This is not your message.' },
  private_conversation: { status: 403, message: 'A private conversation cannot be changed.' },
  unknown_user: { status: 404, message: 'There is no such user.' },
  unknown_participant: { status: 404, message: 'This user is not in the conversation.' },
  unknown_message: { status: 404, message: 'There is no such message.' },
  unknown_route: { status: 404, message: 'There is nothing at this address.' },
  unknown_operation: { status: 404, message: 'There is no such operation here.' },
  method_not_allowed: { status: 405, message: 'This address does not support this method.' },
  request_timeout: { status: 408, message: 'The request did not arrive in time.' },
  username_taken: { status: 409, message: 'This username is taken.' },
  group_full: { status: 409, message: 'The group is full: it has 5,000 members.' },
  client_message_id_reused: { status: 409, message: 'This client_message_id was used for another message.' },
  too_many_gaps: { status: 409, message: 'Too many gaps of unread messages; please read some of them first.' },
  body_too_large: { status: 413, message: 'The body is over 64 kB.' },
  unsupported_media_type: {
    status: 415,
    message: 'The body has to be JSON in UTF-8 (Content-Type: application/json).',
  },
  expectation_failed: { status: 417, message: 'The server cannot meet the expectation of the request (Expect).' },
  invalid_otp: { status: 422, message: 'The code is wrong, used or expired.' },
  upgrade_required: { status: 426, message: 'This address accepts only WebSocket connections.' },
  rate_limited: { status: 429, message: 'Too many requests; please wait.' },
  headers_too_large: { status: 431, message: 'The address and the headers are over 16 kB.' },
  internal_error: { status: 500, message: 'An internal error occurred.' },
  database_unavailable: { status: 503, message: 'The database is unavailable; please try again.' },
  busy: { status: 503, message: 'The server is busy; please try again.' },
  shutting_down: { status: 503, message: 'The server is restarting; please reconnect.' },
} as const satisfies Record<string, { status: number; message: string }>;

export type ErrorCode = keyof typeof ERRORS;
export type FieldError = { field: string; message: string };
type Details = { message?: string; fields?: FieldError[]; retryAfter?: number; allow?: string; limit?: number };

const MAX_SENTENCE_CHARACTERS = 300;

/** The message, with the first invalid field and the reason: many clients show only the message. */
function sentenceOf(code: ErrorCode, [first]: readonly FieldError[] = []): string {
  const { message } = ERRORS[code];
  if (first === undefined) return message;
  const sentence =
    code === 'invalid_input'
      ? `${first.field || 'The input'} ${first.message}.`
      : `${message.slice(0, -1)} (${first.field}: ${first.message}).`;
  return sentence.length > MAX_SENTENCE_CHARACTERS ? message : sentence;
}

/** An error for the client. Any other error that is thrown becomes `internal_error`. */
export class ChatError extends Error {
  readonly code: ErrorCode;
  readonly fields: FieldError[] | undefined;
  /** Seconds until another attempt may succeed. */
  readonly retryAfter: number | undefined;
  /** The number of calls that the limit allows, for a 429. */
  readonly limit: number | undefined;
  /** The allowed methods, for a 405. */
  readonly allow: string | undefined;

  constructor(code: ErrorCode, details: Details = {}) {
    // a refusal needs no stack trace, and capturing one is most of its cost
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(details.message ?? sentenceOf(code, details.fields));
    Error.stackTraceLimit = stackTraceLimit;
    this.code = code;
    this.fields = details.fields;
    this.retryAfter = details.retryAfter;
    this.allow = details.allow;
    this.limit = details.limit;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}
