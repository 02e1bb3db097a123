import { type Job, type JobName, jobs } from './jobs.ts';

/** Asked of the load process: to set up a job, then to run a window of it. */
export type Request = { job: JobName; parameters: unknown } | { window: unknown };
export type Reply = { result: unknown } | { error: string };

let job: Job | undefined;

process.on('message', (request: Request) => {
  void answer(request).then(
    (result) => process.send?.({ result } satisfies Reply),
    (error: Error) => process.send?.({ error: error.stack ?? error.message } satisfies Reply),
  );
});
process.once('disconnect', () => process.exit());

async function answer(request: Request): Promise<unknown> {
  if ('window' in request) return job?.window(request.window as never); // the load's own side knows the job's options
  job = await jobs[request.job](request.parameters as never);
  return undefined;
}
