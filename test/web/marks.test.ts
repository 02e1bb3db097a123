import { expect } from 'chai';
import { drawable } from '../../src/web/parts/marks.ts';

const stacked = (count: number) => `Z${'\u0351'.repeat(count)}algo`;

describe('Stacked combining marks on the page', () => {
  it('are drawn up to eight in a row, on each letter', () => {
    expect(drawable(stacked(60) + stacked(60))).to.equal(stacked(8) + stacked(8));
  });

  it('are left alone where a script needs them', () => {
    for (const text of [stacked(8), 'Việt Nam', 'שָׁלוֹם', 'क्षत्रिय', '👩\u200D👩\u200D👧', '❤\uFE0F'])
      expect(drawable(text)).to.equal(text);
  });
});
