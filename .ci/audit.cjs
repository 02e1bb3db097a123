// Reads the output of `npm audit --json` from standard input, and prints a summary.
// Exits with 1 if a production package has a known vulnerability of severity high or critical.
const { readFileSync } = require('node:fs');

const report = parsed(readFileSync(0, 'utf8'));
const counts = report.metadata?.vulnerabilities;
if (counts === undefined) {
  // an offline mirror has no advisories, which is not a failure
  console.log(`npm audit: not checked, the registry gave no report (${report.message ?? 'no answer'})`);
} else {
  const grave = Object.values(report.vulnerabilities).filter(({ severity }) => /^(?:high|critical)$/.test(severity));
  console.log(`npm audit: ${counts.total} known, ${grave.length} of them high or critical`);
  for (const { name, severity, range } of grave) console.log(`npm audit: ${severity}: ${name} ${range}`);
  process.exitCode = grave.length > 0 ? 1 : 0;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {}; // it was stopped early, or printed nothing
  }
}
