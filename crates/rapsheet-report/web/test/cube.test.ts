// The counts of the cube against counts made row by row.

import { describe, expect, it } from 'vitest';
import { Cube, largest } from '../src/data/cube';
import type { Activity, Dimension, Filters, Span } from '../src/data/cube';

/** Numbers that look random and are the same each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const STEPS = 40;
const ADDRESSES = 30;

function made(seed: number, rows: number): { activity: Activity; dimensions: Dimension[] } {
  const next = numbers(seed);
  const places = Int32Array.from({ length: rows }, () => next(STEPS + 1) - 1).sort();
  const column = (below: number) => Uint32Array.from({ length: rows }, () => next(below));
  const names = (count: number) => [null, ...Array.from({ length: count - 1 }, (_, at) => `n${at}`)];
  const ofAddress = (below: number) => {
    const codes = Uint32Array.from({ length: ADDRESSES + 1 }, () => next(below));
    codes[ADDRESSES] = 0;
    return codes;
  };
  return {
    activity: { places, steps: STEPS, address: column(ADDRESSES + 1), addresses: ADDRESSES, attempts: Float64Array.from({ length: rows }, () => next(4)), events: Float64Array.from({ length: rows }, () => 1 + next(5)), bytes: Float64Array.from({ length: rows }, () => next(5000)) },
    dimensions: [
      { name: 'service', of: 'row', codes: column(4), names: names(4) },
      { name: 'user', of: 'row', codes: column(12), names: names(12) },
      { name: 'country', of: 'address', codes: ofAddress(5), names: names(5) },
      { name: 'network', of: 'address', codes: ofAddress(9), names: names(9) },
    ],
  };
}

/** What the cube ought to say, the slow way. */
function slowly(activity: Activity, dimensions: Dimension[], filters: Filters, span: Span, own: string, without: Filters = new Map(), measure = activity.attempts): Map<number, number> {
  const counts = new Map<number, number>();
  const dimension = dimensions.find(({ name }) => name === own);
  if (!dimension) return counts;
  for (let row = 0; row < activity.places.length; row++) {
    const place = activity.places[row];
    if (span && !(place >= span[0] && place < span[1])) continue;
    const code = (of: Dimension) => of.codes[of.of === 'row' ? row : activity.address[row]];
    const kept = dimensions.every((other) => other.name === own || !without.get(other.name)?.has(code(other)));
    const passes = kept && dimensions.every((other) => other.name === own || !filters.get(other.name)?.size || (filters.get(other.name)?.has(code(other)) && !(other.of === 'address' && activity.address[row] === ADDRESSES)));
    if (!passes || (dimension.of === 'row' && code(dimension) === 0)) continue;
    if (dimension.of === 'address' && activity.address[row] === ADDRESSES) continue;
    counts.set(code(dimension), (counts.get(code(dimension)) ?? 0) + measure[row]);
  }
  return counts;
}

const SPANS: Span[] = [null, [0, STEPS], [3, 9], [5, 12], [20, 31], [20, 21], [7, 7], null, [0, 1]];
const FILTERS: Filters[] = [
  new Map(),
  new Map([['country', new Set([1, 3])]]),
  new Map([['service', new Set([2])]]),
  new Map([['service', new Set([1, 2])], ['country', new Set([0, 2])], ['user', new Set([4, 5, 6])]]),
  new Map([['network', new Set([2])], ['user', new Set([0])]]),
  new Map([['user', new Set([0xffffffff])]]),
];

describe('the cube', () => {
  it('counts as a loop over all rows does, each panel without its own filter', () => {
    const { activity, dimensions } = made(7, 3000);
    const cube = new Cube(activity, dimensions, null);
    for (const filters of FILTERS) {
      cube.setFilters(filters);
      for (const span of SPANS) {
        cube.count(span);
        for (const { name, names } of dimensions) {
          const right = slowly(activity, dimensions, filters, span, name);
          const wanted = names.map((_, code) => right.get(code) ?? 0);
          expect([...(cube.counts(name)?.values ?? [])], `${name} ${JSON.stringify(span)}`).toEqual(wanted);
        }
      }
    }
  });

  it('leaves of each address what all filters leave, and adds up to the steps', () => {
    const { activity, dimensions } = made(11, 2000);
    const cube = new Cube(activity, dimensions, null);
    cube.setFilters(new Map([['country', new Set([2])], ['service', new Set([1])]]));
    cube.count([4, 20]);
    const service = dimensions[0].codes;
    const country = dimensions[2].codes;
    let total = 0;
    for (let row = 0; row < activity.places.length; row++) {
      const place = activity.places[row];
      if (place >= 4 && place < 20 && service[row] === 1 && country[activity.address[row]] === 2 && activity.address[row] < ADDRESSES) total += activity.attempts[row];
    }
    expect(total).toBeGreaterThan(0);
    expect(cube.attempts.reduce((sum, value) => sum + value, 0)).toBe(total);
    const stacked = cube.stack('service');
    expect(stacked.slice(4 * 4, 20 * 4).reduce((sum, value) => sum + value, 0)).toBe(total);
  });

  it('leaves out what is not wanted, and counts another measure', () => {
    const { activity, dimensions } = made(13, 3000);
    const cube = new Cube(activity, dimensions, null);
    const measure = Float64Array.from(activity.events, (events, row) => (row % 3 ? 0 : events));
    for (const filters of FILTERS.slice(0, 4)) {
      for (const without of [new Map([['country', new Set([1])]]), new Map([['user', new Set([0, 5])], ['service', new Set([3])]]), new Map([['network', new Set([0])]])] as Filters[]) {
        cube.setFilters(filters, without);
        for (const counted of [activity.attempts, measure]) {
          cube.setMeasure(counted);
          for (const span of SPANS.slice(0, 4)) {
            cube.count(span);
            for (const { name, names } of dimensions) {
              const right = slowly(activity, dimensions, filters, span, name, without, counted);
              expect([...(cube.counts(name)?.values ?? [])], `${name} ${JSON.stringify(span)}`).toEqual(names.map((_, code) => right.get(code) ?? 0));
            }
          }
        }
      }
    }
  });

  it('tells addresses that were seen from those that have any of what is measured', () => {
    const { activity, dimensions } = made(17, 400);
    const cube = new Cube(activity, dimensions, null);
    cube.count([3, 9]);
    const seen = new Set<number>();
    const tried = new Set<number>();
    for (let row = 0; row < activity.places.length; row++) {
      if (activity.places[row] < 3 || activity.places[row] >= 9 || activity.address[row] === ADDRESSES) continue;
      seen.add(activity.address[row]);
      if (activity.attempts[row] > 0) tried.add(activity.address[row]);
    }
    const counts = cube.counts('country');
    const sum = (numbers: Float64Array | null | undefined) => (numbers ?? new Float64Array()).reduce((all, value) => all + value, 0);
    expect([sum(counts?.seen), sum(counts?.measured)]).toEqual([seen.size, tried.size]);
    expect(tried.size).toBeLessThan(seen.size);
  });

  it('sums by code what passes all filters', () => {
    const { activity, dimensions } = made(19, 900);
    const cube = new Cube(activity, dimensions, null);
    cube.setFilters(new Map([['service', new Set([1, 2])]]));
    const sums = cube.sums('service', [2, 30]);
    const wanted = [0, 0, 0, 0];
    dimensions[0].codes.forEach((code, row) => {
      if (activity.places[row] >= 2 && activity.places[row] < 30 && (code === 1 || code === 2)) wanted[code] += activity.attempts[row];
    });
    expect([...sums.attempts]).toEqual(wanted);
  });

  it('counts rows without a time only while there is no brush', () => {
    const { activity, dimensions } = made(3, 500);
    const cube = new Cube(activity, dimensions, null);
    const all = (): number => cube.attempts.reduce((sum, value) => sum + value, 0);
    const untimed = activity.attempts.filter((_, row) => activity.places[row] < 0).reduce((sum, value) => sum + value, 0);
    expect(untimed).toBeGreaterThan(0);
    cube.count(null);
    const whole = all();
    cube.count([0, STEPS]);
    expect(all()).toBe(whole - untimed);
  });

  it('counts pairs without the filter of their own', () => {
    const { activity, dimensions } = made(5, 800);
    const columns = Uint32Array.from(activity.places, (_, row) => row % 3);
    const cube = new Cube(activity, dimensions, { rows: dimensions[0].codes, columns, width: 3, height: 4, own: 'service' });
    cube.setFilters(new Map([['service', new Set([1])]]));
    cube.count(null);
    const wanted = new Float64Array(12);
    dimensions[0].codes.forEach((code, row) => {
      if (code > 0) wanted[code * 3 + columns[row]] += activity.events[row];
    });
    expect([...cube.pairs()]).toEqual([...wanted]);
  });
});

describe('largest', () => {
  it('keeps order among equals, skips, and leaves out what is nothing', () => {
    expect(largest(Float64Array.of(1, 5, 0, 5, 3, 2), 3)).toEqual([1, 3, 4]);
    expect(largest(Float64Array.of(1, 5, 0, 5, 3, 2), 9, (place) => place === 1)).toEqual([3, 4, 5, 0]);
    expect(largest(new Float64Array(4), 3)).toEqual([]);
  });
});
