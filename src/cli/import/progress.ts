const WIDTH = 30;
const REDRAW_EVERY_MS = 100;
/** Without a terminal, a line is written each time that this part of the work is done. */
const STEP = 0.25;

const formatted = (count: number) => count.toLocaleString('en');

type Output = { readonly isTTY?: boolean; write(text: string): unknown };

/** Shows on standard error how far the work is: a bar on a terminal, otherwise lines. */
export class Progress {
  readonly #output: Output;
  #label = '';
  #total = 0;
  #done = 0;
  #drawnAt = 0;
  #reported = 0;

  constructor(output: Output = process.stderr) {
    this.#output = output;
  }

  /** Begins a step. @param total the number of rows in it; 0 if it is unknown */
  begin(label: string, total = 0): void {
    [this.#label, this.#total, this.#done, this.#drawnAt, this.#reported] = [label, total, 0, 0, 0];
    if (this.#output.isTTY === true) this.#draw();
    else this.#output.write(total === 0 ? `${label}\n` : `${label}: ${formatted(total)}\n`);
  }

  advance(rows: number): void {
    this.#done += rows;
    if (this.#output.isTTY !== true) this.#writeLine();
    else if (performance.now() - this.#drawnAt > REDRAW_EVERY_MS) this.#draw();
  }

  /** Ends a step. */
  end(): void {
    if (this.#output.isTTY !== true) return;
    this.#done = this.#total;
    this.#draw();
    this.#output.write('\n');
  }

  /** To be called before an error is written. */
  interrupt(): void {
    if (this.#output.isTTY === true && this.#label !== '') this.#output.write('\n');
  }

  #writeLine(): void {
    if (this.#total === 0) return;
    const part = Math.floor(this.#done / this.#total / STEP) * STEP;
    if (part <= this.#reported || part >= 1) return;
    this.#reported = part;
    this.#output.write(`${this.#label}: ${Math.round(part * 100)} %\n`);
  }

  #draw(): void {
    this.#drawnAt = performance.now();
    if (this.#total === 0) return void this.#output.write(`\r${this.#label}\u001b[K`);
    const part = Math.min(1, this.#done / this.#total);
    const filled = Math.round(part * WIDTH);
    const bar = `${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}`;
    const percent = `${Math.floor(part * 100)}`.padStart(3);
    this.#output.write(`\r${this.#label.padEnd(24)} [${bar}] ${percent} % of ${formatted(this.#total)}\u001b[K`);
  }
}
