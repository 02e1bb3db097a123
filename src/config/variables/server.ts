import { optional, variable } from '../definition.ts';
import { origins, ownOrigins } from '../origins.ts';
import { address, exactlyOneOf, integer, oneOf, onOff } from '../parsers.ts';

export const server = {
  NODE_ENV: variable<'development' | 'test' | 'production'>(
    exactlyOneOf('development', 'test', 'production'),
    'development',
    '`production` requires `JWT_SECRET` and a mail transport, makes cookies secure, sends HSTS, and has no outbox page.',
  ),
  HTTP_ADDR: variable(
    address,
    ':8080',
    'The address on which the server listens. Port 0 chooses a free port and prints it.',
  ),
  PUBLIC_URL: optional(
    ownOrigins,
    'The origins under which browsers reach the server, separated by commas. Without it the `Host` header is trusted.',
  ),
  TRUST_PROXY: variable(
    integer(0, 16, ' (how many proxies, not their addresses)'),
    '0',
    'The number of proxies in front of the server that are trusted to report the client’s address (`X-Forwarded-For`).',
  ),
  METRICS_ADDR: optional(
    address,
    'A separate address for the [operator’s pages](operations.md). Without it `/metrics` is on the address of the API, for requests from this machine only.',
  ),
  LOG_LEVEL: variable(
    oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    'info',
    'The lowest level that is logged.',
  ),
};

export const browsers = {
  CORS_ORIGINS: optional(
    origins,
    'Other origins, of any scheme, whose pages may call the API with cookies, separated by commas.',
  ),
  COOKIE_SAMESITE: variable(
    oneOf('lax', 'strict', 'none'),
    'lax',
    '`none` is for [front ends on another site](front-end.md#on-another-site), and requires `COOKIE_SECURE`.',
  ),
  COOKIE_SECURE: optional(
    onOff,
    'Whether browsers send the session cookie over HTTPS only. By default on in production, off otherwise.',
  ),
  LEGACY_FIELDS: variable(
    onOff,
    'off',
    '`on` is for front ends of [the Go server](coming-from-go.md): answers and events have the fields that they read, and profile pictures can be `data:` URLs.',
  ),
};
