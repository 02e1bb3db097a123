/** With which code a plain WebSocket is closed, and when. */
export const CLOSE_CODES = {
  notOurProtocol: {
    code: 1008,
    when: 'ten frames in a row were not JSON objects with a `type`, or the client continued after many `rate_limited` answers',
  },
  tooLarge: { code: 1009, when: 'a frame was over 64 kB' },
  internalError: { code: 1011, when: 'an internal error' },
  restarting: { code: 1012, when: 'the server is restarting: reconnect' },
  tooSlow: {
    code: 1013,
    when: 'the client did not read what it was sent, or there are too many connections: reconnect later',
  },
  unauthenticated: { code: 4401, when: 'the session has ended or its token has run out: log in again' },
} as const;
