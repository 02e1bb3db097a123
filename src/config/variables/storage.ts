import { optional, type Parser, variable } from '../definition.ts';
import { onOff } from '../parsers.ts';
import { type RedisAddress, redisUrl } from '../redis-url.ts';

/** `databaseOf` parses it. */
const databaseUrl: Parser<string> = {
  expected: 'sqlite:PATH, postgres://… or postgresql://…',
  read: (text) => text,
};

export const storage = {
  DATABASE_URL: variable(
    databaseUrl,
    'sqlite:data/mmchat.sqlite',
    'The database. `sqlite:PATH` is a file, created at the first start in an existing folder; `sqlite::memory:` is lost when the server stops. `postgres://…` accepts [libpq’s parameters](deployment.md#postgresql) (`sslmode`, several hosts, `schema` and so on); others are refused.',
  ),
  DATABASE_CREATE: variable(
    onOff,
    'off',
    '`on` creates a missing PostgreSQL database, its schema, or the folder of a SQLite file. Otherwise only the folder `data` is created, and a SQLite file in an existing folder.',
  ),
  REDIS_URL: optional<RedisAddress>(
    redisUrl,
    'Makes this server one of [several nodes](deployment.md): `redis://HOST:PORT`, `redis+cluster://HOST:PORT,…` or `redis+sentinel://HOST:PORT,…/MASTER`; `rediss` for TLS.',
  ),
};
