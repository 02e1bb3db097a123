import type { Mail } from './accounts/mail.ts';
import type { Config } from './config.ts';
import type { RedisAddress } from './config-redis.ts';
import { isBuilt } from './transports/web-client.ts';

/** What a person who starts the server wants to know, in lines. No secrets: URLs are shown without what is in front of the host. */
export function summaryOf(config: Config, mail: Mail, url: string, metricsUrl?: string): string[] {
  const pages = [
    `${url}/ (${isBuilt() ? 'the chat' : 'not built yet: npm run build'})`,
    `${url}/docs (the documentation)`,
    ...(mail.outbox !== undefined && !config.production ? [`${url}/dev/outbox (the letters it would send)`] : []),
  ];
  return [
    `MmChat listens on ${url}`,
    `  database  ${databaseOf(config)}`,
    `  mail      ${mail.destination}`,
    `  pages     ${pages.join(`\n${' '.repeat(12)}`)}`,
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
  const { host, pathname } = new URL(database.url);
  return `PostgreSQL, ${host}${pathname}`;
}
