import { execFileSync } from 'node:child_process';

const PROGRAM = `
  const { DatabaseSync } = require('node:sqlite');
  const database = new DatabaseSync(process.argv[1]);
  database.exec('pragma busy_timeout = 5000');
  database.exec(require('node:fs').readFileSync(0, 'utf8'));
  database.close();`;

/**
 * Runs SQL in the database of a `sqlite:` URL, in a separate process: SQLite's locks belong to a process, so a second
 * connection in the process of the server would not see the server's, and would remove its log on closing.
 */
export function runSql(url: string, sql: string): void {
  execFileSync(process.execPath, ['--no-warnings', '-e', PROGRAM, url.replace('sqlite:', '')], { input: sql });
}
