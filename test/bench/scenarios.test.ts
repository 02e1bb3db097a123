import { expect } from 'chai';
import { SMOKE } from '../../bench/scale.ts';
import { runScenario } from '../../bench/scenario.ts';
import { scenarios } from '../../bench/scenarios.ts';

/**
 * One scenario of each kind of load, so that the tests stay short; `npm run test:soak` runs all of them at this scale. It
 * shows that they work and says nothing about speed, so one longer window is measured without warming up.
 */
const CHOSEN = ['send5', 'rest-list', 'growth', 'connect'];

const SCALE = { ...SMOKE, seconds: 0.4 };

describe('The bench', () => {
  it('has a unique name and a one-line description for each scenario', () => {
    const names = scenarios.map(({ name }) => name);
    expect(new Set(names).size).to.equal(scenarios.length);
    expect(names).to.include.members(CHOSEN);
    for (const { name, about } of scenarios) expect(`${name} ${about}`).to.match(/^[a-z0-9-]{3,17} \S.{10,120}$/);
  });

  for (const scenario of scenarios.filter(({ name }) => CHOSEN.includes(name))) {
    it(`runs ${scenario.name} and returns figures`, async function () {
      this.timeout(120_000);
      const { goals, contenders } = await runScenario({ ...scenario, warmUps: 0 }, SCALE, () => undefined);
      expect(goals).not.to.deep.equal([]);
      for (const { about, value } of goals) expect(value, about).to.be.a('number').and.to.satisfy(Number.isFinite);
      for (const { name, figures } of contenders) {
        expect(Object.keys(figures), name).not.to.deep.equal([]);
        for (const [figure, value] of Object.entries(figures))
          expect(value, `${name}, ${figure}`).to.satisfy(Number.isFinite);
      }
    });
  }
});
