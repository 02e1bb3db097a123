import type { Config } from '../config/config.ts';
import type { RedisAddress } from '../config/redis-url.ts';
import { readPostgresqlUrl } from '../database/postgresql/url.ts';
import type { Mail } from '../mail/mail.ts';
import { isBuilt } from '../pages/web-client.ts';

/** The URL of the metrics, if separate; what was created of the database. */
type Details = { readonly metricsUrl?: string | undefined; readonly created?: string | undefined };
const INDENTED = ' '.repeat(12);

/** The lines that are printed at the start. URLs are shown without credentials. */
export function summaryOf(config: Config, mail: Mail, url: string, { metricsUrl, created }: Details): string[] {
  const pages = [
    `${url}/ (${isBuilt() ? 'the chat' : 'not built yet: npm run build'})`,
    `${url}/docs (the documentation)`,
    ...(mail.outbox !== undefined && !config.production ? [`${url}/dev/outbox (the e-mails it would send)`] : []),
  ];
  return [
    `MmChat listens on ${url}`,
    `  database  ${[databaseOf(config), created].filter((line) => line !== undefined).join(`\n${INDENTED}`)}`,
    `  mail      ${mail.destination}`,
    `  pages     ${pages.join(`\n${INDENTED}`)}`,
    ...(config.redis === undefined ? [] : [`  cluster   ${redisOf(config.redis)}`]),
    ...(metricsUrl === undefined ? [] : [`  metrics   ${metricsUrl}`]),
    ...(config.limits.enabled ? [] : ['  limits    off (RATE_LIMITS=off)']),
    ...config.warnings.map((warning) => `  warning   ${warning}`),
  ];
}

const REDIS = { server: 'Redis', cluster: 'Redis Cluster', sentinel: 'Redis by Sentinel' };
const redisOf = ({ kind, shown }: RedisAddress) => `${REDIS[kind]}, ${shown}`;

function databaseOf({ database }: Config): string {
  if (database.kind === 'sqlite') return `SQLite, ${database.path}`;
  return `PostgreSQL, ${readPostgresqlUrl(database.url).shown}`;
}
