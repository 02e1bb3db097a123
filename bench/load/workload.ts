import type { Figures } from '../measurement/figures.ts';

/** Load of one kind: set up once, then applied for one window at a time. */
export type Workload = { window(options: never): Promise<Figures> };
