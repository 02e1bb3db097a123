import type { Address } from './parsers.ts';
import type { Values } from './variables.ts';

/** Hashes of a lower cost can be brute-forced too quickly. */
const MIN_PRODUCTION_COST = 10;
const ALL_ADDRESSES = new Set([undefined, '0.0.0.0', '::']);

type Messages = { readonly problems: string[]; readonly warnings: string[] };

/** Checks combinations of variables. */
export function checkConflicts(
  value: Values,
  { production, secure }: { production: boolean; secure: boolean },
  { problems, warnings }: Messages,
): void {
  if (value.COOKIE_SAMESITE === 'none' && !secure) problems.push('COOKIE_SAMESITE=none needs COOKIE_SECURE=on');
  if (value.COOKIE_SAMESITE === 'none' && value.CORS_ORIGINS === undefined)
    warnings.push('COOKIE_SAMESITE=none is for pages of other sites, and CORS_ORIGINS names none: all are refused');
  if (production && value.BCRYPT_COST < MIN_PRODUCTION_COST)
    problems.push(`BCRYPT_COST has to be at least ${MIN_PRODUCTION_COST} in production`);
  if (value.METRICS_ADDR !== undefined && overlap(value.HTTP_ADDR, value.METRICS_ADDR))
    problems.push('METRICS_ADDR has to be another address than HTTP_ADDR: both cannot listen on one port');
}

function overlap(one: Address, other: Address): boolean {
  if (one.port !== other.port || one.port === 0) return false;
  return one.host === other.host || ALL_ADDRESSES.has(one.host) || ALL_ADDRESSES.has(other.host);
}
