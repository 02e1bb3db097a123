import type { DatabaseConfig } from '../config/database-url.ts';
import { Database, type OpenOptions } from '../database/database.ts';
import { ENTITIES } from './entities.ts';

/** Opens the database with the tables of all features; see `Database.open`. */
export const openDatabase = (config: DatabaseConfig, options?: OpenOptions): Promise<Database> =>
  Database.open(config, ENTITIES, options);
