import { describe, expect, it } from 'vitest';

import { decade, radiusOf, short, sizeSteps } from './marks';

describe('sizes of marks', () => {
  it('are steps of the logarithm that differ by what an eye sees', () => {
    expect([1, 9, 10, 99, 100, 999, 1000, 123_456].map(decade)).toEqual([0, 0, 1, 1, 2, 2, 3, 5]);
    for (let step = 1; step < 7; step++) expect(radiusOf(10 ** step) - radiusOf(10 ** (step - 1))).toBeGreaterThanOrEqual(3);
    expect(radiusOf(1e9)).toBe(radiusOf(1e6));
  });

  it('have a legend of the sizes that are drawn', () => {
    expect(sizeSteps(5321)).toEqual([1, 10, 100, 1000]);
    expect(sizeSteps(1)).toEqual([1]);
  });

  it('say how many addresses in few signs', () => {
    expect([2, 999, 1234, 50_498].map(short)).toEqual(['2', '999', '1.2k', '50k']);
  });
});
