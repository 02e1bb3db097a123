import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { memoryBytes } from './process-usage.ts';

/** Memory of a process after garbage collection, in bytes: of its objects, and all that is resident. */
export type Memory = { objects: number; resident: number };
type Usage = { heapUsed: number; external: number };

const WITHIN_MS = 5_000;
const POLL_MS = 20;

/**
 * Reads the memory usage of another Node process through its inspector. The process must have been started with
 * NODE_OPTIONS=--inspect=127.0.0.1:0, which chooses a free port; `output` returns what the process has printed.
 */
export class Inspector {
  readonly #socket: WebSocket;
  readonly #pid: number;
  #lastId = 0;

  private constructor(socket: WebSocket, pid: number) {
    this.#socket = socket;
    this.#pid = pid;
  }

  static async open({ pid, output }: { pid: number; output(): string }): Promise<Inspector> {
    const deadline = Date.now() + WITHIN_MS;
    let address: string | undefined;
    while (address === undefined) {
      if (Date.now() > deadline) throw new Error(`the process printed no inspector address: ${output()}`);
      await delay(POLL_MS);
      address = /Debugger listening on (ws:\S+)/.exec(output())?.[1];
    }
    const socket = new WebSocket(address);
    await once(socket, 'open');
    return new Inspector(socket, pid);
  }

  async memory(): Promise<Memory> {
    // Twice: finalizers of the first collection may release further objects.
    for (let time = 0; time < 2; time += 1) await this.#call('HeapProfiler.collectGarbage', {});
    const expression = 'JSON.stringify(process.memoryUsage())';
    const { result } = (await this.#call('Runtime.evaluate', { expression })) as { result: { value: string } };
    const { heapUsed, external } = JSON.parse(result.value) as Usage;
    return { objects: heapUsed + external, resident: memoryBytes(this.#pid) };
  }

  async #call(method: string, params: object): Promise<unknown> {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#socket.send(JSON.stringify({ id, method, params }));
    for (;;) {
      const [data] = await once(this.#socket, 'message');
      const response = JSON.parse(String(data));
      if (response.id === id) return response.result;
    }
  }

  close(): void {
    this.#socket.terminate();
  }
}
