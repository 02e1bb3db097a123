import type { Workload } from './workload.ts';
import { type WorkloadName, workloads } from './workloads.ts';

/** Sent to the load process: sets up a workload, or runs a window of it. */
export type Request = { workload: WorkloadName; parameters: unknown } | { window: unknown };
export type Reply = { result: unknown } | { error: string };

let workload: Workload | undefined;

process.on('message', (request: Request) => {
  void handle(request).then(
    (result) => process.send?.({ result } satisfies Reply),
    (error: Error) => process.send?.({ error: error.stack ?? error.message } satisfies Reply),
  );
});
process.once('disconnect', () => process.exit());

async function handle(request: Request): Promise<unknown> {
  if ('window' in request) return workload?.window(request.window as never); // startLoad() types the options
  workload = await workloads[request.workload](request.parameters as never);
  return undefined;
}
