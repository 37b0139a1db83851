// The count of the second period. It has a cube of its own, so that moving one brush counts nothing of the other.

import { Cube } from '../data/cube';
import type { Asked } from '../data/cube';
import type { Measure } from '../data/measure';
import type { Report } from '../data/report';
import type { View } from './hash';
import { frameOf } from './view';
import type { Frame } from './view';

interface Second {
  cube: Cube;
  asked: Asked | null;
  frame: Frame | null;
}

const known = new WeakMap<Report, Second>();

/** Counts a period under the filters that hold, by the measure that holds; the same question is not counted twice. */
export function second(report: Report, span: readonly [number, number], asked: Pick<View, 'filters' | 'without'>, measure: Measure): { frame: Frame; cube: Cube } {
  let of = known.get(report);
  if (!of) known.set(report, (of = { cube: new Cube(report.cube.activity, [...report.cube.dimensions.values()], null), asked: null, frame: null }));
  const { cube } = of;
  const { active } = report.cube;
  const same = of.asked === active && of.frame?.measure === measure;
  if (of.asked !== active) {
    cube.setFilters(active.filters, active.without);
    of.asked = active;
  }
  cube.setMeasure(report.cube.measured);
  if (!same || !of.frame || of.frame.span?.[0] !== span[0] || of.frame.span[1] !== span[1]) {
    cube.count(span);
    of.frame = frameOf(report, span, asked, measure, performance.now(), cube);
  }
  return { frame: of.frame, cube };
}
