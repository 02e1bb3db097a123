import { collectDefaultMetrics, Registry } from 'prom-client';

/**
 * Memory, CPU, garbage collection and the event loop's delay (`monitorEventLoopDelay`, since the last scrape). They
 * belong to the process, so the apps in it share them.
 */
export const processMetrics = new Registry();
collectDefaultMetrics({ register: processMetrics });
