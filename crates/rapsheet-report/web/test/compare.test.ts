import { describe, expect, it } from 'vitest';

import { roundMarks } from '../src/ui/axis';
import { change, mostChanged, signed } from '../src/ui/compare';
import { outside } from '../src/ui/timeline';

describe('two periods', () => {
  it('are told apart in words', () => {
    expect([change(0, 5), change(5, 0), change(5, 5), change(6, 5), change(20, 5), change(4, 5)]).toEqual(['gone', 'new', 'same', '+20 %', '×4.0', '−20 %']);
    expect([signed(1200), signed(-3), signed(0)]).toEqual(['+1,200', '−3', '0']);
  });

  it('show what changed most, what fell as well as what rose', () => {
    expect(mostChanged(Float64Array.of(99, 5, 0, 7), Float64Array.of(0, 5, 9, 1), 3)).toEqual([2, 3]);
  });

  it('leave the rest of the time line in the shade, also where they meet', () => {
    expect(outside([[2, 4]], [0, 10])).toEqual([[0, 2], [4, 10]]);
    expect(outside([[6, 8], [2, 4]], [0, 10])).toEqual([[0, 2], [4, 6], [8, 10]]);
    expect(outside([[2, 6], [4, 8]], [0, 8])).toEqual([[0, 2]]);
  });
});

describe('marks of an axis', () => {
  it('are round, whole, and not more than there is', () => {
    expect(roundMarks(32, 3)).toEqual([10, 20, 30]);
    expect(roundMarks(4, 3)).toEqual([2, 4]);
    expect(roundMarks(1, 3)).toEqual([1]);
    expect(roundMarks(0, 3)).toEqual([]);
    for (const most of [2, 7, 13, 99, 1234, 987_654]) {
      const marks = roundMarks(most, 3);
      expect(marks.length).toBeGreaterThan(0);
      expect(marks.length).toBeLessThanOrEqual(5);
      expect(Math.max(...marks)).toBeLessThanOrEqual(most);
    }
  });
});
