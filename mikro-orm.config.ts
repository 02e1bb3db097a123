import { readDatabaseConfig, readEnvironment } from './src/config/config.ts';
import { ormOptions } from './src/database/options.ts';
import { ENTITIES } from './src/server/entities.ts';
import { keepFilesPrivate } from './src/server/private-files.ts';

keepFilesPrivate();

const { variables, warnings } = readEnvironment();
for (const warning of warnings) console.warn(`Warning: ${warning}`);

/** For the command line: `npx mikro-orm migration:up`, on the database that DATABASE_URL names. */
export default ormOptions(readDatabaseConfig(variables), ENTITIES);
