import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

/**
 * Mocha's `spec` report, then the counts on a separate line; and in the file that `MMCHAT_TEST_COUNTS` names, as JSON, the
 * counts and the failures.
 */
export default class CountingReporter extends Mocha.reporters.Spec {
  override epilogue(): void {
    super.epilogue();
    const { passes: passed, failures: failed, pending: skipped } = this.stats;
    process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
    // npm’s own lines may follow, so `.ci/run` repeats both after them
    const file = process.env.MMCHAT_TEST_COUNTS;
    const failures = this.failures.map((test) => `${test.fullTitle()}: ${test.err?.message}`);
    if (file) writeFileSync(file, JSON.stringify({ passed, failed, skipped, failures }));
  }
}
