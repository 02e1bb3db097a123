import { expect } from 'chai';
import { CONDITIONS, Conditions } from '../../src/monitoring/conditions.ts';

type Line = { level: string; fields: Record<string, unknown>; message: string };

function recorded() {
  const lines: Line[] = [];
  const at = (level: string) => (fields: object, message: string) =>
    lines.push({ level, fields: { ...fields }, message });
  return { lines, log: { info: at('info'), warn: at('warn'), error: at('error') } as never };
}

describe('A condition', () => {
  it('is logged once when it begins, with cause and next step, and once when it ends', () => {
    const { lines, log } = recorded();
    const conditions = new Conditions(log);
    for (let noticed = 0; noticed < 3; noticed += 1)
      conditions.begin('database_unavailable', { cause: 'no answer', code: 'ETIMEDOUT' });
    expect(conditions.lasting).to.deep.equal(['database_unavailable']);
    for (let noticed = 0; noticed < 3; noticed += 1) conditions.end('database_unavailable');
    expect(conditions.lasting).to.deep.equal([]);
    const { begins, ends, next } = CONDITIONS.database_unavailable;
    const [first, second, ...more] = lines;
    expect(more).to.deep.equal([]);
    expect(first).to.deep.equal({
      level: 'error',
      message: begins,
      fields: { condition: 'database_unavailable', state: 'begun', cause: 'no answer', code: 'ETIMEDOUT', next },
    });
    expect(second).to.include({ level: 'info', message: ends });
    expect(second?.fields).to.include({ condition: 'database_unavailable', state: 'over' });
    expect(second?.fields.ms).to.be.a('number');
  });

  it('can begin again after it ended', () => {
    const { lines, log } = recorded();
    const conditions = new Conditions(log);
    for (let time = 0; time < 2; time += 1) {
      conditions.begin('database_unavailable', { cause: 'no answer', next: 'Wait.' });
      conditions.end('database_unavailable');
    }
    expect(lines.map(({ fields }) => fields.state)).to.deep.equal(['begun', 'over', 'begun', 'over']);
    expect(lines[0]?.fields.next).to.equal('Wait.');
  });
});
