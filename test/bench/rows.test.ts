import { expect } from 'chai';
import { rows } from '../../bench/rows.ts';
import { SMOKE } from '../../bench/scale.ts';
import { requirePostgresql, requireRedis } from '../support/services.ts';

/**
 * Some of the families, so that the tests stay short: `npm run bench -- --smoke` runs all of them like this. It shows that
 * they work, and nothing about speed.
 */
const CHOSEN = ['send', 'fanout-raw', 'cluster', 'rest-page', 'growth', 'idle'];

describe('The bench', () => {
  it('has a name and a line for each row, and no name twice', () => {
    const names = rows.map(({ name }) => name);
    expect(new Set(names).size).to.equal(rows.length);
    expect(names).to.include.members(CHOSEN);
    for (const { name, about } of rows) expect(`${name} ${about}`).to.match(/^[a-z0-9-]{3,17} \S.{10,120}$/);
  });

  for (const row of rows.filter(({ name }) => CHOSEN.includes(name))) {
    it(`runs ${row.name} and comes to figures`, async function () {
      this.timeout(30_000);
      if (row.name === 'cluster') await Promise.all([requirePostgresql(this), requireRedis(this)]);
      const { goals, sides } = await row.run(SMOKE, () => undefined);
      expect(goals).not.to.deep.equal([]);
      for (const { about, value } of goals) expect(value, about).to.be.a('number').and.to.satisfy(Number.isFinite);
      for (const { name, figures } of sides) {
        expect(Object.keys(figures), name).not.to.deep.equal([]);
        for (const [figure, value] of Object.entries(figures))
          expect(value, `${name}, ${figure}`).to.satisfy(Number.isFinite);
      }
    });
  }
});
