import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';

const SCRIPT = join(import.meta.dirname, '../../.ci/audit.cjs');

describe('The audit of packages in CI', () => {
  const judged = (report: unknown) => {
    const input = typeof report === 'string' ? report : JSON.stringify(report);
    const { status, stdout } = spawnSync(process.execPath, [SCRIPT], { input, encoding: 'utf8' });
    return { status, lines: stdout.trimEnd().split('\n') };
  };
  const reportOf = (...severities: string[]) => ({
    auditReportVersion: 2,
    vulnerabilities: Object.fromEntries(
      severities.map((severity, index) => [`package${index}`, { name: `package${index}`, severity, range: '<2.0.0' }]),
    ),
    metadata: { vulnerabilities: { total: severities.length } },
  });

  it('fails on a vulnerability of severity high or critical, and names the package', () => {
    for (const severity of ['high', 'critical']) {
      expect(judged(reportOf('low', severity))).to.deep.equal({
        status: 1,
        lines: ['npm audit: 2 known, 1 of them high or critical', `npm audit: ${severity}: package1 <2.0.0`],
      });
    }
  });

  it('passes on lower severities and on none', () => {
    const lines = (total: number) => [`npm audit: ${total} known, 0 of them high or critical`];
    expect(judged(reportOf('low', 'moderate'))).to.deep.equal({ status: 0, lines: lines(2) });
    expect(judged(reportOf())).to.deep.equal({ status: 0, lines: lines(0) });
  });

  it('reports in one line that nothing was checked if the registry has no advisories or does not answer', () => {
    const refused = judged({
      message: '405 Method Not Allowed - POST https://registry.example.com/bulk',
      statusCode: 405,
    });
    expect(refused.status).to.equal(0);
    expect(refused.lines).to.have.length(1);
    expect(refused.lines[0]).to.match(/^npm audit: not checked, .*405/);
    for (const cut of ['', '{"auditReport']) {
      const { status, lines } = judged(cut);
      expect({ status, lines }).to.deep.equal({
        status: 0,
        lines: ['npm audit: not checked, the registry gave no report (no answer)'],
      });
    }
  });
});
