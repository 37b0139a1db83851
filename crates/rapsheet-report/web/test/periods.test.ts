import { describe, expect, it } from 'vitest';
import { lastOf, periods } from '../src/data/periods';

/** Events on these days. */
function days(...spans: [from: number, to: number][]): Float64Array {
  const events = new Float64Array(Math.max(...spans.map(([, to]) => to)));
  for (const [from, to] of spans) events.fill(2, from, to);
  return events;
}

describe('periods', () => {
  it('are parted where a year was guessed wrong', () => {
    const found = periods(days([0, 40], [2200, 2203]), 24);
    expect(found).toEqual([{ from: 0, to: 40, events: 80 }, { from: 2200, to: 2203, events: 6 }]);
  });

  it('are one where nothing happened for a while, or for less than both sides last', () => {
    expect(periods(days([0, 20], [50, 60]), 24)).toHaveLength(1);
    expect(periods(days([0, 300], [390, 800]), 24)).toEqual([{ from: 0, to: 800, events: 1420 }]);
    expect(periods(new Float64Array(9), 24)).toEqual([]);
  });

  it('count their last week from their own last event', () => {
    const [first, second] = periods(days([0, 40], [2200, 2203]), 24);
    expect(lastOf(first, 168, 24)).toEqual([33, 40]);
    expect(lastOf(second, 168, 24)).toEqual([2200, 2203]);
    expect(lastOf({ from: 0, to: 500, events: 1 }, 168, 1)).toEqual([332, 500]);
  });
});
