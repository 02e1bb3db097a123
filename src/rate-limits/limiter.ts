import type { RateLimiterAbstract } from 'rate-limiter-flexible';

export type Limiter = Pick<RateLimiterAbstract, 'consume' | 'reward' | 'delete'>;
export type BlockingLimiter = Limiter & Pick<RateLimiterAbstract, 'block'>;
