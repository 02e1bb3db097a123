import type { RawData } from 'ws';
import { CLOSE_CODES } from '../close-codes.ts';
import type { Context } from '../context.ts';
import { answered } from '../delivery.ts';
import { ChatError } from '../errors.ts';
import type { Acknowledgement } from '../protocol.ts';
import { type Log, refuse } from './answer.ts';
import type { BackPressure } from './back-pressure.ts';
import { FloodGuard } from './flood-guard.ts';
import type { RawConnection } from './raw-connection.ts';
import { type Frame, readFrame } from './raw-frame.ts';
import { ask } from './sockets.ts';

const MOST_BAD_FRAMES = 10;
const NOT_A_FRAME = 'A frame has to be the text of a JSON object with a type.';

type Dependencies = { context: Context; pressure: BackPressure; log: Log };

/** What comes in on one plain WebSocket. */
export class RawClient {
  readonly #connection: RawConnection;
  readonly #dependencies: Dependencies;
  readonly #floods: FloodGuard;
  #badInARow = 0;

  constructor(connection: RawConnection, dependencies: Dependencies) {
    this.#connection = connection;
    this.#dependencies = dependencies;
    this.#floods = new FloodGuard(connection.asSocket, () => connection);
  }

  async receive(data: RawData, isBinary: boolean): Promise<void> {
    if (this.#connection.readyState !== 'open') return; // it is being closed: its session may have ended
    if (this.#floods.isPaused) return this.#floods.postpone(() => void this.receive(data, isBinary));
    let frame: Frame | undefined;
    try {
      frame = isBinary ? undefined : readFrame(String(data));
    } catch (thrown) {
      return this.#refuse(thrown as ChatError);
    }
    if (frame === undefined) return this.#refuseBadFrame();
    this.#badInARow = 0;
    const asked = ask(this.#connection.asSocket, '/chat', frame.type, frame.input, this.#dependencies);
    this.#dependencies.pressure.heed(this.#connection);
    this.#answer(frame.ref, await asked);
    answered(this.#connection.asSocket);
  }

  #answer(ref: Frame['ref'], answer: Acknowledgement): void {
    if (ref !== undefined) this.#connection.send(JSON.stringify({ type: 'ack', ref, ...answer }));
    else if (!answer.ok) this.#connection.send(JSON.stringify({ type: 'error', ...answer }));
    if (!answer.ok) this.#floods.refused(answer.error);
  }

  async #refuse(error: ChatError, message?: string): Promise<void> {
    const { context, log } = this.#dependencies;
    this.#answer(undefined, await refuse(error, this.#connection.data, context, log, message));
  }

  async #refuseBadFrame(): Promise<void> {
    this.#badInARow += 1;
    const isTooMany = this.#badInARow >= MOST_BAD_FRAMES;
    await this.#refuse(new ChatError('invalid_json'), NOT_A_FRAME);
    if (isTooMany) this.#connection.closeWith(CLOSE_CODES.notOurProtocol.code, 'not our protocol');
  }
}
