import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import type { Config } from '../config.ts';
import type { Switchboard } from './switchboard.ts';
import { closeUntaken } from './untaken.ts';

/** What a worker is told first. */
export type Welcome = { readonly place: number; readonly folder: string; readonly config: Config };
/** What a worker tells of its start, in lines. */
export type Started = { readonly started: { summary: readonly string[] } };
/** Why it cannot start: what of an error goes through the channel. */
export type Failed = { readonly failed: { message: string; code?: string | undefined; port?: number | undefined } };
export const STOP = 'stop';

type Log = Record<'info' | 'error', (fields: object, message: string) => void>;
type House = { log: Log; switchboard: Switchboard; folder: string; gone(worker: Worker): void };

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
/** Whoever served for so long did not fail at its start. */
const STEADY_MS = 60_000;

/** The workers, each in a place from 1 on; who dies is replaced. */
export class Crew {
  readonly #house: House;
  readonly #workers = new Map<number, Worker>();
  readonly #pauses = new Map<number, number>();
  #stopping = false;

  constructor(house: House) {
    this.#house = house;
  }

  /**
   * Starts the worker of a place, and from then on keeps the place filled.
   * @throws Error with what the worker said why it cannot start
   */
  async start(place: number, config: Config): Promise<Started['started']> {
    const { worker, started } = this.#fork(place, config);
    const serves = await started;
    this.#house.log.info({ worker: place, process: worker.process.pid }, 'a worker serves');
    const since = Date.now();
    worker.once('exit', (code: number | null, signal: string | null) => {
      if (Date.now() - since > STEADY_MS) this.#pauses.delete(place);
      this.#replace(place, config, { code, signal });
    });
    return serves;
  }

  #fork(place: number, config: Config): { worker: Worker; started: Promise<Started['started']> } {
    const worker = cluster.fork();
    const { switchboard, folder, gone } = this.#house;
    closeUntaken(worker);
    switchboard.connect(worker);
    this.#workers.set(place, worker);
    worker.send({ place, folder, config } satisfies Welcome);
    const { promise: started, resolve, reject } = Promise.withResolvers<Started['started']>();
    let reason: Failed['failed'] | undefined;
    worker.on('message', (message: Partial<Started & Failed>) => {
      if (message.started !== undefined) resolve(message.started);
      if (message.failed !== undefined) reason = message.failed;
    });
    const end = once(worker, 'exit') as Promise<[number | null, string | null]>;
    // what it had said is heard before its channel closes
    void Promise.all([end, once(worker, 'disconnect')]).then(([[code, signal]]) => {
      switchboard.disconnect(worker, code !== 0);
      gone(worker);
      const { message = `a worker ended at its start (${signal ?? code})`, ...about } = reason ?? {};
      reject(Object.assign(new Error(message), about));
    });
    return { worker, started };
  }

  #replace(place: number, config: Config, end: { code: number | null; signal: string | null }): void {
    if (this.#stopping) return;
    const pause = this.#pauses.get(place) ?? FIRST_PAUSE_MS;
    this.#pauses.set(place, Math.min(pause * 2, LONGEST_PAUSE_MS));
    this.#house.log.error({ worker: place, ...end, pause }, 'a worker ended, another takes its place');
    setTimeout(() => {
      if (this.#stopping) return;
      this.start(place, config).catch(({ message }: Error) => this.#replace(place, config, { ...end, ...{ message } }));
    }, pause);
  }

  /** Has all workers finish and end. @returns whether all did so by themselves within the time, in milliseconds */
  async stop(withinMs: number): Promise<boolean> {
    this.#stopping = true;
    const ends = [...this.#workers.values()].map((worker) => endOf(worker));
    const { promise: late, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => resolve(undefined), withinMs);
    const codes = await Promise.race([Promise.all(ends), late]);
    clearTimeout(timer);
    for (const worker of this.#workers.values()) if (!worker.isDead()) worker.process.kill('SIGKILL');
    return codes?.every((code) => code === 0) ?? false;
  }
}

function endOf(worker: Worker): Promise<number | null> {
  if (worker.isDead()) return Promise.resolve(0); // long gone: it was to be replaced
  return new Promise((resolve) => {
    worker.once('exit', (code) => resolve(code));
    worker.send(STOP, undefined, () => undefined); // whoever cannot be told is ending
  });
}
