import { readPostgresqlUrl, UrlProblem } from '../database/postgresql/url.ts';
import { MEMORY } from '../database/sqlite/creation.ts';

/** With `create`, a missing database is created, including its schema or folder. */
export type DatabaseConfig = { create?: boolean } & (
  | { kind: 'sqlite'; path: string }
  | { kind: 'postgresql'; url: string }
);

/**
 * Parses a DATABASE_URL: `postgres://…`, `postgresql://…` or `sqlite:PATH`.
 * @param create DATABASE_CREATE
 */
export function databaseOf(url: string, problems: string[], create = false): DatabaseConfig {
  const creation = create ? { create } : {};
  if (/^postgres(ql)?:\/\//.test(url)) return { ...postgresqlOf(url, problems), ...creation };
  const path = /^sqlite:(?:\/\/)?(.+)$/.exec(url)?.[1];
  if (path !== undefined) return { kind: 'sqlite', path, ...creation };
  problems.push('DATABASE_URL has to be postgres://…, postgresql://… or sqlite:PATH');
  return { kind: 'sqlite', path: MEMORY };
}

function postgresqlOf(url: string, problems: string[]): DatabaseConfig {
  try {
    readPostgresqlUrl(url);
  } catch (error) {
    if (!(error instanceof UrlProblem)) throw error;
    problems.push(`DATABASE_URL has to be written ${error.message}`);
  }
  return { kind: 'postgresql', url };
}
