// Colours belong to names and not to ranks: a name keeps its colour under every filter, in charts, sheets and pictures of `plot`,
// whose table of colours is the same (`colours.json`).

import { OTHER } from '../data/report';
import type { Report } from '../data/report';
import table from './colours.json';

const KNOWN: Readonly<Record<string, number>> = table.names;
/** How many colours there are beside the one of all others. */
export const PARTS = table.parts.length;
/** The place of all others together. */
export const OTHERS = -1;

/** A number of a text that is the same everywhere (FNV-1a). */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return sum;
}

/**
 * The place of each name's colour. Daemons have their own; of other names the frequent choose first, so that those which are drawn
 * beside each other differ. `totals` are those of the whole report, which no filter changes.
 */
export function places(names: readonly (string | null)[], totals: ArrayLike<number>, other = OTHER): Int8Array {
  const found = new Int8Array(names.length).fill(OTHERS);
  const taken = new Uint8Array(PARTS);
  const rest: number[] = [];
  names.forEach((name, code) => {
    if (name === null || name === other) return;
    const known = KNOWN[name];
    if (known === undefined) rest.push(code);
    else taken[(found[code] = known)] = 1;
  });
  rest.sort((one, two) => totals[two] - totals[one] || ((names[one] as string) < (names[two] as string) ? -1 : 1));
  for (const code of rest) {
    const wanted = hash(names[code] as string) % PARTS;
    let place = wanted;
    for (let step = 0; step < PARTS && taken[place]; step++) place = (wanted + step + 1) % PARTS;
    // With more names than colours the rare ones share.
    found[code] = taken[place] ? wanted : place;
    taken[found[code]] = 1;
  }
  return found;
}

const known = new WeakMap<Report, Map<string, Int8Array>>();

/** The colour of a code of a dimension, as CSS takes it; -1 is all others together. */
export function colourOf(report: Report, dimension: string, code: number): string {
  let of = known.get(report);
  if (!of) known.set(report, (of = new Map()));
  let found = of.get(dimension);
  if (!found) {
    const { cube } = report;
    const about = cube.dimensions.get(dimension);
    const totals = new Float64Array(about?.names.length ?? 0);
    const { address, events } = cube.activity;
    if (about) for (let row = 0; row < events.length; row++) totals[about.codes[about.of === 'row' ? row : address[row]]] += events[row];
    found = places(about?.names ?? [], totals, report.meta.other);
    of.set(dimension, found);
  }
  if (code === 0) return 'var(--line)';
  const place = code < 0 ? OTHERS : (found[code] ?? OTHERS);
  return place === OTHERS ? 'var(--part-others)' : `var(--part-${place})`;
}

/** The colours as rules: on paper always those of a light ground. */
export function rules(): string {
  const of = (ground: 0 | 1): string =>
    [...table.parts.map((pair, place) => `--part-${place}:${pair[ground]}`), `--part-others:${table.others[ground]}`].join(';');
  return `:root{${of(0)}}:root[data-theme='dark']{${of(1)}}@media print{:root,:root[data-theme]{${of(0)}}}`;
}
