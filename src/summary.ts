import type { Mail } from './accounts/mail.ts';
import type { Config } from './config.ts';

/** What a person who starts the server wants to know, in lines. No secrets: URLs are shown without what is in front of the host. */
export function summaryOf(config: Config, mail: Mail, url: string, metricsUrl?: string): string[] {
  const outbox = mail.outbox !== undefined && !config.production;
  return [
    `MmChat listens on ${url}`,
    `  database  ${databaseOf(config)}`,
    `  mail      ${mail.destination}`,
    `  pages     ${url}/docs (the documentation)`,
    ...(outbox ? [`            ${url}/dev/outbox (the letters it would send)`] : []),
    ...(config.redisUrl === undefined ? [] : [`  cluster   Redis, ${new URL(config.redisUrl).host}`]),
    ...(metricsUrl === undefined ? [] : [`  metrics   ${metricsUrl}`]),
    ...(config.limits.enabled ? [] : ['  limits    off (RATE_LIMITS=off)']),
  ];
}

function databaseOf({ database }: Config): string {
  if (database.kind === 'sqlite') return `SQLite, ${database.path}`;
  const { host, pathname } = new URL(database.url);
  return `PostgreSQL, ${host}${pathname}`;
}
