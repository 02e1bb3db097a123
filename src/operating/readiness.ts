/** What readiness depends on. */
export type Dependencies = {
  /** Rejects when the database does not answer. */
  askDatabase(): Promise<unknown>;
  /** Undefined where there is no Redis to depend on. */
  redisIsHealthy: (() => boolean) | undefined;
  /** Migrations that were not run when the server had started. */
  pendingMigrations: number;
  draining(): boolean;
};
type Check = 'ok' | 'failing' | 'not configured' | 'not asked';
export type Readiness = { ready: boolean; checks: Record<string, Check> };

const DATABASE_WITHIN_MS = 1_000;

/** Tells whether this node should be sent new clients. However often it is asked, one question to the database is open at most. */
export function readinessOf(dependencies: Dependencies): () => Promise<Readiness> {
  const { askDatabase, redisIsHealthy, pendingMigrations, draining } = dependencies;
  let asking: Promise<boolean> | undefined;

  function databaseAnswers(): Promise<boolean> {
    asking ??= askDatabase()
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        asking = undefined;
      });
    return withinASecond(asking);
  }

  return async () => {
    const stopping = draining();
    const checks: Readiness['checks'] = {
      serving: check(!stopping),
      // while stopping it may be closed already
      database: stopping ? 'not asked' : check(await databaseAnswers()),
      redis: redisIsHealthy === undefined ? 'not configured' : check(redisIsHealthy()),
      migrations: check(pendingMigrations === 0),
    };
    return { ready: !Object.values(checks).includes('failing'), checks };
  };
}

const check = (fine: boolean): Check => (fine ? 'ok' : 'failing');

function withinASecond(answer: Promise<boolean>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), DATABASE_WITHIN_MS);
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
