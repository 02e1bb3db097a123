/** The dependencies of readiness. */
export type Dependencies = {
  /** Rejects if the database cannot be read and written; runs at most one query at a time. */
  askDatabase(): Promise<unknown>;
  /** Receives the error of a failed check. */
  databaseFailed(error: unknown): unknown;
  /** Checks of the database that need no query. */
  databaseChecks: Readonly<Record<string, () => boolean>>;
  /** The number of migrations that are not applied. Rejects if the database does not answer. */
  pendingMigrations(): Promise<number>;
  /** Undefined without Redis. */
  redisIsHealthy: (() => boolean) | undefined;
  draining(): boolean;
};
type Check = 'ok' | 'failing' | 'not configured' | 'not asked';
export type Readiness = { ready: boolean; checks: Record<string, Check> };

const DATABASE_WITHIN_MS = 1_000;

/** Checks whether this node can serve new clients now. */
export function readinessOf(dependencies: Dependencies): () => Promise<Readiness> {
  const { askDatabase, databaseFailed, databaseChecks, redisIsHealthy, pendingMigrations, draining } = dependencies;
  let pending = 0; // the start applies all migrations
  let running: Promise<void> | undefined;

  async function databaseWorks(): Promise<boolean> {
    if (!Object.values(databaseChecks).every((isFine) => isFine())) return false;
    const answered = checkOnce().then(
      () => true,
      (error) => {
        databaseFailed(error);
        return false;
      },
    );
    return withinASecond(answered);
  }

  /** Runs at most one check at a time. */
  function checkOnce(): Promise<void> {
    running ??= checkDatabase().finally(() => {
      running = undefined;
    });
    return running;
  }

  async function checkDatabase(): Promise<void> {
    await askDatabase();
    pending = await pendingMigrations();
  }

  return async () => {
    const stopping = draining();
    const checks: Readiness['checks'] = {
      serving: check(!stopping),
      // the database may be closed already while the server stops
      database: stopping ? 'not asked' : check(await databaseWorks()),
      redis: redisIsHealthy === undefined ? 'not configured' : check(redisIsHealthy()),
      migrations: check(pending === 0),
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
