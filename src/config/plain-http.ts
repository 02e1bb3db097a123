import { isInsecureOrigin } from './insecure-origin.ts';
import type { Values } from './variables.ts';

/** Browsers silently drop secure cookies over plain HTTP, and the server has no TLS of its own. */
export function warnOfPlainHttp({ PUBLIC_URL: origins = [], TRUST_PROXY: proxies }: Values, warnings: string[]): void {
  const plain = origins.filter((origin) => isInsecureOrigin(new URL(origin)));
  if (plain.length > 0)
    warnings.push(`browsers keep no login at ${plain.join(', ')} (PUBLIC_URL): COOKIE_SECURE is on`);
  if (origins.length > 0 || proxies > 0) return;
  warnings.push(
    'browsers keep no login over http:// (COOKIE_SECURE is on), and no proxy with TLS is known (TRUST_PROXY=0)',
  );
}
