import { ChatClientError } from './chat-client-error.ts';
import { ownOrigin } from './platform.ts';
import type { ErrorAnswer, InputOf, ResultOf } from './protocol.ts';

const PATHS = {
  signup_initiate: '/api/signup/initiate',
  signup_verify: '/api/signup/verify',
  login: '/api/login',
  logout: '/api/logout',
  renew: '/api/renew',
  forgot_initiate: '/api/forgot/initiate',
  forgot_reset: '/api/forgot/reset',
} as const;
type Name = keyof typeof PATHS;
/**
 * The result of `login` and `signup_verify`. Outside a browser, which stores the cookie itself, it always includes the
 * token.
 */
type LoggedIn = ResultOf<'login'>;
type Refused = { code: string; error: string; fields?: NonNullable<ErrorAnswer['fields']> };

/**
 * Operations that need no connection or that concern the browser's cookie, over HTTP. Each rejects with a
 * `ChatClientError`.
 * @param url the server's address; defaults to the page's origin in a browser
 * @param token the session that `logout` ends or `renew` renews, where there is no cookie
 */
export function account(url: string = ownOrigin() ?? '', token?: string) {
  const ask = <Each extends Name>(name: Each, input: InputOf<Each>) => post(url + PATHS[name], name, input, token);
  return {
    signupInitiate: (input: InputOf<'signup_initiate'>) => ask('signup_initiate', input),
    signupVerify: (input: InputOf<'signup_verify'>): Promise<LoggedIn> => ask('signup_verify', input),
    login: (input: InputOf<'login'>): Promise<LoggedIn> => ask('login', input),
    logout: () => ask('logout', {}),
    renew: () => ask('renew', {}),
    forgotInitiate: (input: InputOf<'forgot_initiate'>) => ask('forgot_initiate', input),
    forgotReset: (input: InputOf<'forgot_reset'>) => ask('forgot_reset', input),
  };
}

async function post<Each extends Name>(url: string, _: Each, input: object, token?: string): Promise<ResultOf<Each>> {
  const headers = {
    'content-type': 'application/json',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const options = { method: 'POST', credentials: 'include', headers, body: JSON.stringify(input) } as const;
  const response = await fetch(url, options).catch(() => undefined);
  if (response === undefined) throw new ChatClientError('disconnected', 'The server cannot be reached.');
  const body: unknown = await response.json().catch(() => undefined);
  if (typeof body !== 'object' || body === null)
    throw new ChatClientError('no_answer', `The response is not JSON (${response.status}).`);
  if (!response.ok) throw refusal(body as Partial<Refused>, response);
  const own = /(?:^|,\s*)token=([^;]+)/.exec(response.headers.get('set-cookie') ?? '')?.[1];
  return { ...body, ...(own && { token: own }) } as never; // the server returns what `Operations` declares
}

function refusal({ code = 'no_answer', error = 'No answer.', fields }: Partial<Refused>, { headers }: Response) {
  const retryAfter = Number(headers.get('retry-after') ?? 0);
  return new ChatClientError(code, error, {
    ...(fields && { fields }),
    ...(retryAfter > 0 && { retry_after: retryAfter }),
  });
}
