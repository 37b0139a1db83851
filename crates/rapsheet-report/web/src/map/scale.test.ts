import { describe, expect, it } from 'vitest';

import { shadeOf, shadeSteps } from './scale';

describe('shades', () => {
  it('are steps of the logarithm and never darker than the most', () => {
    const steps = shadeSteps(1_000_000);
    expect(steps).toEqual([1, 10, 100, 1000, 10_000, 100_000]);
    expect([0, 1, 9, 10, 1_000_000].map((value) => shadeOf(value, steps))).toEqual([0, 1, 1, 2, 6]);
  });

  it('do not repeat where there is little to tell apart', () => {
    for (const most of [0, 1, 2, 3, 5, 40]) {
      const steps = shadeSteps(most);
      expect(new Set(steps).size).toBe(steps.length);
      expect(Math.max(...steps)).toBeLessThanOrEqual(Math.max(most, 1));
    }
  });
});
