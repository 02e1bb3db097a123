import type { RawData } from 'ws';
import { CLOSE_CODES } from '../../delivery/close-codes.ts';
import { ChatError } from '../../operation/errors.ts';
import type { Acknowledgement } from '../../protocol.ts';
import type { BackPressure } from '../back-pressure.ts';
import { ask, type Calling, callAnswered, refuse } from '../call.ts';
import { FloodGuard } from '../flood-guard.ts';
import { type Frame, readFrame } from './frame.ts';
import type { RawConnection } from './socket.ts';

const MOST_BAD_FRAMES = 10;
const NOT_A_FRAME = 'A frame has to be the text of a JSON object with a type.';

type Dependencies = Calling & { pressure: BackPressure };

/** The incoming frames of one plain WebSocket. */
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
    const answering = ask(this.#connection.asSocket, '/chat', frame.type, frame.input, this.#dependencies);
    this.#dependencies.pressure.afterCall(this.#connection);
    this.#answer(frame.ref, await answering);
    callAnswered(this.#connection.asSocket);
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
