// Reads what `npm audit --json` printed from the standard input and says it in a line or a few.
// Ends with 1 if a package that production installs has a known vulnerability of severity high or critical.
const { readFileSync } = require('node:fs');

const report = parsed(readFileSync(0, 'utf8'));
const counts = report.metadata?.vulnerabilities;
if (counts === undefined) {
  // an offline mirror has no advisories, and that is no finding
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
    return {}; // it was stopped in the middle, or said nothing
  }
}
