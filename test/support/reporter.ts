import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

/** Mocha's `spec` report, then the counts alone on a line, and as JSON in the file that `MMCHAT_TEST_COUNTS` names. */
export default class CountingReporter extends Mocha.reporters.Spec {
  override epilogue(): void {
    super.epilogue();
    const { passes: passed, failures: failed, pending: skipped } = this.stats;
    process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
    // The coverage report follows, so `.ci/run` repeats the line after it.
    const file = process.env.MMCHAT_TEST_COUNTS;
    if (file) writeFileSync(file, JSON.stringify({ passed, failed, skipped }));
  }
}
