/**
 * The one catalogue of errors: every transport answers with these codes, and the README lists them.
 * The status is HTTP's; sockets send the code and the message alone.
 */
export const ERRORS = {
  invalid_request: { status: 400, message: 'This is not a request that HTTP knows.' },
  invalid_json: { status: 400, message: 'The body is not valid JSON.' },
  invalid_input: { status: 400, message: 'Some of the input is not valid.' },
  invalid_handshake: { status: 400, message: 'This is not how a connection is opened or used here.' },
  unsupported_client: { status: 400, message: 'Socket.IO client 3 or later is needed.' },
  unknown_member: { status: 400, message: 'Some of the members do not exist.' },
  own_conversation: { status: 400, message: 'A private conversation needs somebody else.' },
  unauthenticated: { status: 401, message: 'Please log in.' },
  invalid_credentials: { status: 401, message: 'Wrong username or password.' },
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
  method_not_allowed: { status: 405, message: 'This address does not take this method.' },
  request_timeout: { status: 408, message: 'The request did not come in time.' },
  username_taken: { status: 409, message: 'This username is taken.' },
  group_full: { status: 409, message: 'The group has 5,000 members, and can take no more.' },
  client_message_id_reused: { status: 409, message: 'This client_message_id was used for another message.' },
  too_many_gaps: { status: 409, message: 'Too much was left unread in between; please read some of that first.' },
  body_too_large: { status: 413, message: 'The body is over 64 kB.' },
  unsupported_media_type: {
    status: 415,
    message: 'The body has to be JSON in UTF-8 (Content-Type: application/json).',
  },
  expectation_failed: { status: 417, message: 'The server cannot do what the request expects (Expect).' },
  invalid_otp: { status: 422, message: 'The code is wrong, used or expired.' },
  upgrade_required: { status: 426, message: 'This address speaks WebSocket only.' },
  rate_limited: { status: 429, message: 'Too many requests; please wait.' },
  headers_too_large: { status: 431, message: 'The address and the headers are over 16 kB.' },
  internal_error: { status: 500, message: 'Something went wrong on our side.' },
  database_unavailable: { status: 503, message: 'The database cannot be reached; please try again.' },
  busy: { status: 503, message: 'The server is busy; please try again.' },
  shutting_down: { status: 503, message: 'The server is restarting; please reconnect.' },
} as const satisfies Record<string, { status: number; message: string }>;

export type ErrorCode = keyof typeof ERRORS;
export type FieldError = { field: string; message: string };
type Details = { message?: string; fields?: FieldError[]; retryAfter?: number; allow?: string; limit?: number };

const MOST_SENTENCE_CHARACTERS = 300;

/** Names the first field that is wrong, and why: many clients show nothing but this. */
function sentenceOf(code: ErrorCode, [first]: readonly FieldError[] = []): string {
  const { message } = ERRORS[code];
  if (first === undefined) return message;
  const sentence =
    code === 'invalid_input'
      ? `${first.field || 'The input'} ${first.message}.`
      : `${message.slice(0, -1)} (${first.field}: ${first.message}).`;
  return sentence.length > MOST_SENTENCE_CHARACTERS ? message : sentence;
}

/** An answer that is not a success. Whatever else is thrown is a fault of ours and becomes `internal_error`. */
export class ChatError extends Error {
  readonly code: ErrorCode;
  readonly fields: FieldError[] | undefined;
  /** Seconds after which another try may succeed. */
  readonly retryAfter: number | undefined;
  /** How many uses the limit allows that a 429 is about. */
  readonly limit: number | undefined;
  /** The methods that a 405 names. */
  readonly allow: string | undefined;

  constructor(code: ErrorCode, details: Details = {}) {
    // it says what somebody did, not where we failed: to note where it was made is what costs most in refusing something
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
