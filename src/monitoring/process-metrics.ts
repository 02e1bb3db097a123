import { collectDefaultMetrics, Registry } from 'prom-client';

/**
 * Memory, CPU, garbage collection and the event loop's delay (`monitorEventLoopDelay`, since the last scrape), which
 * all apps in the process share.
 */
export const processMetrics = new Registry();
/** How often the event loop's delay is sampled: each sample wakes an idle process. */
const SAMPLE_INTERVAL_MS = 50;
collectDefaultMetrics({ register: processMetrics, eventLoopMonitoringPrecision: SAMPLE_INTERVAL_MS });
