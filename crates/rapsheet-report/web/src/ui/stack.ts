// Attempts over time as stacked bars: the numbers and the shapes, without a page.

import type { Report } from '../data/report';
import { OTHER } from '../data/report';
import type { Bars } from '../data/zone';

export interface Series {
  /** Code in the dimension; -1: all others together. */
  code: number;
  name: string | null;
  total: number;
}

export interface Stack {
  series: Series[];
  /** `bars × series`. */
  values: Float64Array;
  most: number;
}

const MOST_SERIES = 5;

/** Sums `steps × width` numbers into bars, the largest names apart. */
export function stack(stacked: Float64Array, names: readonly (string | null)[], bars: Bars): Stack {
  const width = names.length;
  const totals = new Float64Array(width);
  for (let at = 0; at < stacked.length; at++) totals[at % width] += stacked[at];
  const order = [...totals.keys()].filter((code) => totals[code] > 0).sort((one, other) => totals[other] - totals[one] || one - other);
  const apart = order.length > MOST_SERIES ? order.slice(0, MOST_SERIES - 1) : order;
  const series: Series[] = apart.map((code) => ({ code, name: names[code], total: totals[code] }));
  const rest = order.slice(apart.length);
  if (rest.length) series.push({ code: -1, name: OTHER, total: rest.reduce((sum, code) => sum + totals[code], 0) });
  const place = new Int32Array(width).fill(series.length - 1);
  series.forEach(({ code }, at) => {
    if (code >= 0) place[code] = at;
  });
  const count = bars.starts.length - 1;
  const values = new Float64Array(count * series.length);
  let most = 0;
  for (let bar = 0; bar < count; bar++) {
    let sum = 0;
    for (let at = bars.starts[bar] * width; at < bars.starts[bar + 1] * width; at++) {
      if (stacked[at] === 0) continue;
      values[bar * series.length + place[at % width]] += stacked[at];
      sum += stacked[at];
    }
    if (sum > most) most = sum;
  }
  return { series, values, most };
}

/** One path for each series, in a box of `width` by `height`. */
export function paths(drawn: Stack, bars: Bars, [begin, end]: readonly [number, number], width: number, height: number): string[] {
  const count = bars.starts.length - 1;
  const wide = drawn.series.length;
  const shapes: string[] = [];
  const bottoms = new Float64Array(count);
  for (let at = 0; at < wide; at++) {
    let shape = '';
    for (let bar = 0; bar < count; bar++) {
      const value = drawn.values[bar * wide + at];
      if (value === 0) continue;
      const left = ((bars.starts[bar] - begin) / (end - begin)) * width;
      const right = ((bars.starts[bar + 1] - begin) / (end - begin)) * width;
      const gap = right - left > 4 ? 1 : right - left > 2 ? 0.5 : 0;
      // A bar that is there is seen, however small.
      const tall = Math.max((value / drawn.most) * height, bottoms[bar] === 0 ? 1 : 0.25);
      const top = height - bottoms[bar] - tall;
      shape += `M${left.toFixed(2)} ${top.toFixed(2)}h${Math.max(0.5, right - left - gap).toFixed(2)}v${tall.toFixed(2)}H${left.toFixed(2)}z`;
      bottoms[bar] += tall;
    }
    shapes.push(shape);
  }
  return shapes;
}

export interface Tick {
  place: number;
  text: string;
}

/** Places of the axis that get a name: days, months or years, as many as have room. */
export function ticks(report: Report, start: (place: number) => number, [begin, end]: readonly [number, number], most: number): Tick[] {
  const { zone } = report;
  const steps = end - begin;
  if (steps <= 0) return [];
  const perDay = report.step === 'hour' ? 24 : 1;
  const days = steps / perDay;
  const found: Tick[] = [];
  const every = [1, 2, 7, 14].find((step) => days / step <= most);
  const hours = report.step === 'hour' && days < most / 2 ? ([1, 2, 3, 6, 12].find((step) => steps / step <= most) ?? 12) : 0;
  let last = NaN;
  let lastMonth = NaN;
  const months = [1, 2, 3, 6, 12, 24, 60].find((step) => days / 30.4 / step <= most) ?? 120;
  for (let place = begin; place < end; place++) {
    const at = start(place);
    const local = zone.local(at);
    if (hours) {
      const hour = Math.floor(local / 3_600_000);
      if (hour % hours === 0 || steps <= 2) found.push({ place, text: hour % 24 === 0 || place === begin ? `${zone.shortDay(at)}, ${zone.clock(at)}` : zone.clock(at) });
      continue;
    }
    const day = Math.floor(local / 86_400_000);
    if (day === last) continue;
    last = day;
    if (place === begin && local % 86_400_000 !== 0) continue;
    if (every) {
      if ((day + (every >= 7 ? 3 : 0)) % every === 0) found.push({ place, text: zone.shortDay(at) });
      continue;
    }
    const date = new Date(local);
    const month = date.getUTCFullYear() * 12 + date.getUTCMonth();
    if (month !== lastMonth && date.getUTCDate() <= 3 && month % months === 0) found.push({ place, text: zone.month(at) });
    lastMonth = month;
  }
  return found;
}
