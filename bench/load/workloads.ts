import { chat } from './chat.ts';
import { connect } from './connect.ts';
import { flapping } from './flapping.ts';
import { operations } from './operations.ts';
import { requests } from './requests.ts';
import type { Workload } from './workload.ts';

/** The workloads of the load process, by name. Each is set up with its parameters. */
export const workloads = { chat, connect, flapping, operations, requests } satisfies Record<
  string,
  (parameters: never) => Promise<Workload>
>;
export type WorkloadName = keyof typeof workloads;
