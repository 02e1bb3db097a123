import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { memoryBytes } from './usage.ts';

/** Memory of a process after its garbage was collected, in bytes: what its objects take, and all that is resident. */
export type Memory = { objects: number; resident: number };
type Usage = { heapUsed: number; external: number };

const WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 20;

/**
 * Looks into a Node process from outside, through its inspector, which SIGUSR1 opens. It must have been started with
 * NODE_OPTIONS=--inspect-port=0, so that the inspector's port is a free one; `output` is what it has printed.
 */
export class Inspector {
  readonly #socket: WebSocket;
  readonly #pid: number;
  #asked = 0;

  private constructor(socket: WebSocket, pid: number) {
    this.#socket = socket;
    this.#pid = pid;
  }

  static async open({ pid, output }: { pid: number; output(): string }): Promise<Inspector> {
    process.kill(pid, 'SIGUSR1');
    const deadline = Date.now() + WITHIN_MS;
    let address: string | undefined;
    while (address === undefined) {
      if (Date.now() > deadline) throw new Error(`no inspector: ${output()}`);
      await delay(LOOK_EVERY_MS);
      address = /Debugger listening on (ws:\S+)/.exec(output())?.[1];
    }
    const socket = new WebSocket(address);
    await once(socket, 'open');
    return new Inspector(socket, pid);
  }

  async memory(): Promise<Memory> {
    // twice: what the first frees may have kept other things alive
    for (let time = 0; time < 2; time += 1) await this.#ask('HeapProfiler.collectGarbage', {});
    const expression = 'JSON.stringify(process.memoryUsage())';
    const { result } = (await this.#ask('Runtime.evaluate', { expression })) as { result: { value: string } };
    const { heapUsed, external } = JSON.parse(result.value) as Usage;
    return { objects: heapUsed + external, resident: memoryBytes(this.#pid) };
  }

  async #ask(method: string, params: object): Promise<unknown> {
    this.#asked += 1;
    const id = this.#asked;
    this.#socket.send(JSON.stringify({ id, method, params }));
    for (;;) {
      const [data] = await once(this.#socket, 'message');
      const answer = JSON.parse(String(data));
      if (answer.id === id) return answer.result;
    }
  }

  close(): void {
    this.#socket.terminate();
  }
}
