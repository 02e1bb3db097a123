import type { Config } from '../config/config.ts';
import type { Database } from '../database/database.ts';
import type { Installation } from '../installation/installation.ts';
import type { Metrics } from '../monitoring/metrics.ts';
import type { Logging } from './logging.ts';
import type { Output } from './output.ts';

/** The dependencies of the services of a server. */
export type Dependencies = Logging &
  Readonly<{ config: Config; output: Output; metrics: Metrics; database: Database; installation: Installation }>;
