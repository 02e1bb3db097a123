import { type PostgreSql, startPostgresql } from '../support/postgresql.ts';
import { type Redis, startRedis } from '../support/redis.ts';
import { requirePostgresql, requireRedis, skip, WITHOUT_FSYNC } from '../support/services.ts';
import { type Smtp, startSmtp } from '../support/smtp.ts';
import { pausePostgresql } from './pause-postgresql.ts';

/** What is done after a test, the last first. */
export type Stops = (() => Promise<unknown>)[];
type PausablePostgreSql = PostgreSql & { pause(): void; resume(): void };
export type ClusterServices = { redis: Redis; postgresql: PausablePostgreSql; smtp: Smtp };
export type ServiceOptions = {
  /** What the test ends, pauses or counts, so that it may not be the one that all tests share. */
  readonly separate?: readonly ('redis' | 'postgresql')[];
  /** Further arguments of a separate Redis. */
  readonly redisSettings?: readonly string[];
};

/** What the nodes of a cluster share. Skips the test or suite of this context where Redis or PostgreSQL is not installed. */
export async function clusterServices(
  context: Mocha.Context,
  { separate = [], redisSettings }: ServiceOptions,
  stops: Stops,
): Promise<ClusterServices> {
  const [redis, postgresql, smtp] = await Promise.all([
    separate.includes('redis') ? separateRedis(context, stops, redisSettings) : sharedRedis(context),
    separate.includes('postgresql') ? separatePostgresql(context, stops) : sharedPostgresql(context, stops),
    startSmtp(),
  ]);
  stops.push(() => smtp.stop());
  return { redis, postgresql, smtp };
}

async function separateRedis(context: Mocha.Context, stops: Stops, settings?: readonly string[]): Promise<Redis> {
  const redis = (await startRedis(settings)) ?? skip(context, 'Redis');
  stops.push(async () => {
    await redis.kill('SIGCONT'); // a paused process could not be stopped
    await redis.stop();
  });
  return redis;
}

async function separatePostgresql(context: Mocha.Context, stops: Stops): Promise<PausablePostgreSql> {
  const server = (await startPostgresql(WITHOUT_FSYNC)) ?? skip(context, 'PostgreSQL');
  const pausable = Object.assign(server, pausePostgresql(server));
  stops.push(async () => {
    pausable.resume(); // paused processes could not be stopped
    await pausable.stop();
  });
  return pausable;
}

function refuse(): never {
  throw new Error('all tests share it: ask for a separate one');
}

const sharedRedis = async (context: Mocha.Context): Promise<Redis> => ({
  ...(await requireRedis(context)),
  ...{ kill: refuse, restart: refuse, stop: refuse },
});

async function sharedPostgresql(context: Mocha.Context, stops: Stops): Promise<PausablePostgreSql> {
  const server = await requirePostgresql(context);
  return {
    ...server,
    ...{ kill: refuse, restart: refuse, stop: refuse, pause: refuse, resume: refuse },
    async createMigratedDatabase() {
      const url = await server.createMigratedDatabase();
      stops.push(() => server.dropDatabase(url));
      return url;
    },
  };
}
