import { expect } from 'chai';
import { limitCombiningMarks } from '../../src/web/components/combining-marks.ts';

const stacked = (count: number) => `Z${'\u0351'.repeat(count)}algo`;

describe('Stacked combining marks on the page', () => {
  it('are limited to eight per letter', () => {
    expect(limitCombiningMarks(stacked(60) + stacked(60))).to.equal(stacked(8) + stacked(8));
  });

  it('are kept where a script needs them', () => {
    for (const text of [stacked(8), 'Việt Nam', 'שָׁלוֹם', 'क्षत्रिय', '👩\u200D👩\u200D👧', '❤\uFE0F'])
      expect(limitCombiningMarks(text)).to.equal(text);
  });
});
