import type { Conditions } from '../../monitoring/conditions.ts';

/** A delay is reported when it has lasted for so long, and so is its end. */
const LASTS_MS = 3_000;
const MS_PER_SEC = 1_000;

/** @property ms how old is what was received from the node, at most; infinite if unknown */
export type LateNode = { readonly name: string; readonly ms: number };

/** Reports when messages between this node and others are late for a while, and when they no longer are. */
export class LateNodes {
  readonly #conditions: Pick<Conditions, 'begin' | 'end'>;
  #isLate = false;
  #since = Number.NEGATIVE_INFINITY;

  constructor(conditions: Pick<Conditions, 'begin' | 'end'>) {
    this.#conditions = conditions;
  }

  /** To be called regularly. @param now by the monotonic clock */
  report(late: readonly LateNode[], now: number): void {
    const isLate = late.length > 0;
    if (isLate !== this.#isLate) [this.#isLate, this.#since] = [isLate, now];
    if (now - this.#since < LASTS_MS) return;
    if (!isLate) return this.#conditions.end('nodes_late');
    const cause = late.map(({ name, ms }) => `${name} by ${secondsOf(ms)}`).join(', ');
    this.#conditions.begin('nodes_late', { cause: `there and back, late: ${cause}`, code: 'late' });
  }
}

const secondsOf = (ms: number) => (Number.isFinite(ms) ? `${(ms / MS_PER_SEC).toFixed(1)} s` : 'several seconds');
