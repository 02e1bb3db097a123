import { chat } from './chat.ts';
import { connecting } from './connecting.ts';
import type { Figures } from './figures.ts';
import { flapping } from './flapping.ts';
import { operations } from './operations.ts';
import { requests } from './requests.ts';

/** Something that the load process does again and again for a time, once it has been set up. */
export type Job = { window(options: never): Promise<Figures> };

/** What the load process can be asked to do. Each is set up with its parameters, then run for windows. */
export const jobs = { chat, connecting, flapping, operations, requests } satisfies Record<
  string,
  (parameters: never) => Promise<Job>
>;
export type JobName = keyof typeof jobs;
