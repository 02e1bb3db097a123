import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { ChatError } from '../operation/errors.ts';

/** Both as browsers write them: `scheme://host[:port]`, without a default port. */
type Rules = { publicOrigins: readonly string[]; corsOrigins: readonly string[] };

const SAME_SITE = new Set<unknown>(['same-origin', 'none']);
const HTTP = /^https?:$/;

/**
 * Decides whose pages may use the server: a browser sends cookies along with a request from any page, but says from which.
 * A request of a program says nothing of the kind.
 */
export class Origins {
  readonly #rules: Rules;
  readonly #onRefused: (request: IncomingMessage) => void;

  constructor(rules: Rules, onRefused: (request: IncomingMessage) => void) {
    this.#rules = rules;
    this.#onRefused = onRefused;
  }

  /** @throws ChatError `forbidden_origin` */
  readonly check = (request: IncomingMessage): void => {
    if (this.#isAllowed(request.headers)) return;
    this.#onRefused(request);
    throw new ChatError('forbidden_origin');
  };

  #isAllowed({ origin, host, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
    const { publicOrigins, corsOrigins } = this.#rules;
    // a request for a script or a picture has no Origin, but the cookies
    if (origin === undefined) return site === undefined || SAME_SITE.has(site);
    if (corsOrigins.includes(origin)) return true;
    return publicOrigins.length > 0 ? publicOrigins.includes(origin) : isSameHost(origin, host);
  }
}

/** Without regard to the scheme, which a proxy that ends TLS does not pass on; `https://name` is at `name` and `name:443`. */
function isSameHost(origin: string, host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(origin)) return false; // both can be any text
  const own = new URL(origin);
  const requested = `${own.protocol}//${host}`;
  return HTTP.test(own.protocol) && URL.canParse(requested) && new URL(requested).host === own.host;
}
