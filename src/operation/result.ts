/** The key of a result that sets the session cookie (a token) or clears it (null). Symbol keys are never part of a body. */
export const COOKIE: unique symbol = Symbol('cookie');
/** The key of a result that clears the browser's storage for this origin. */
export const FORGET: unique symbol = Symbol('forget');
/** The key of a result that sets the cookie with the id of a one-time code request. */
export const CODE_REQUEST: unique symbol = Symbol('code request');
export type Result = Record<string, unknown> & {
  [COOKIE]?: string | null;
  [FORGET]?: true;
  [CODE_REQUEST]?: string;
};
