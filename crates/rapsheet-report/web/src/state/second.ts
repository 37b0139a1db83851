// The count of the second period. It has a cube of its own, so that moving one brush counts nothing of the other.

import { Cube } from '../data/cube';
import type { Filters } from '../data/cube';
import type { Report } from '../data/report';
import type { View } from './hash';
import { frameOf } from './view';
import type { Frame } from './view';

interface Second {
  cube: Cube;
  filters: Filters | null;
  span: readonly [number, number] | null;
  frame: Frame | null;
}

const known = new WeakMap<Report, Second>();

/** Counts a period under the filters that hold; the same question is not counted twice. */
export function second(report: Report, span: readonly [number, number], filters: View['filters']): { frame: Frame; cube: Cube } {
  let of = known.get(report);
  if (!of) known.set(report, (of = { cube: new Cube(report.cube.activity, [...report.cube.dimensions.values()], null), filters: null, span: null, frame: null }));
  const { cube } = of;
  const same = of.filters === report.cube.active;
  if (!same) {
    cube.setFilters(report.cube.active);
    of.filters = report.cube.active;
  }
  if (!same || !of.frame || of.span?.[0] !== span[0] || of.span[1] !== span[1]) {
    cube.count(span);
    of.span = span;
    of.frame = frameOf(report, span, filters, performance.now(), cube);
  }
  return { frame: of.frame, cube };
}
