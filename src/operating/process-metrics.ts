import { collectDefaultMetrics, Registry } from 'prom-client';

/**
 * Memory, CPU, garbage collection and the event loop's delay (`monitorEventLoopDelay`, since the last scrape). They
 * belong to the process, so the apps in it share them.
 */
export const processMetrics = new Registry();
/** How often the event loop's delay is looked at: each look wakes a process that has nothing else to do. */
const LOOK_EVERY_MS = 50;
collectDefaultMetrics({ register: processMetrics, eventLoopMonitoringPrecision: LOOK_EVERY_MS });
