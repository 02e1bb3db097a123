import { environment, readConfig } from './src/config.ts';
import { ormOptions } from './src/database.ts';
import { keepFilesPrivate } from './src/private-files.ts';

keepFilesPrivate();

/** For the command line: `npx mikro-orm migration:up`, on the database that DATABASE_URL names. */
export default ormOptions(readConfig({ ...environment(), NODE_ENV: 'development' }).database);
