// Which bans, logins and findings are in a view.
//
// A row follows the brush, the filters of addresses (country, network, …) and those that it has a column for. A filter that it has no
// column for (a reason, a path) leaves the rows of the addresses that are in the view, and the page says so.

import { OTHER, placeOf } from '../data/report';
import type { Report } from '../data/report';
import type { Span } from '../data/cube';
import { placeInWeek } from '../data/zone';
import type { View } from './hash';

/** Tables whose rows follow the view: the column of their time, and the columns that filters ask for. */
export const FOLLOWERS = {
  bans: { time: 'banned_from', columns: ['fail2ban_jail', 'host_name'] },
  logins: { time: 'timestamp', columns: ['user_name', 'service_name', 'host_name'] },
  findings: { time: 'timestamp', columns: [] as string[] },
} as const;

export type Follower = keyof typeof FOLLOWERS;
type Asked = Pick<View, 'filters' | 'without'>;

/** The dimensions that filters ask for and a table has no column for: its rows are those of addresses in the view. */
export function byAddress(report: Report, name: Follower, asked: Asked): string[] {
  const columns: readonly string[] = FOLLOWERS[name].columns;
  return [...new Set([...asked.filters.keys(), ...asked.without.keys()])].filter(
    (dimension) => dimension !== 'hour_of_week' && report.cube.dimensions.get(dimension)?.of === 'row' && !columns.includes(dimension),
  );
}

/** The rows of a table that are in a view. `ignored` is a dimension whose own filter is left out. */
export function rowsInView(report: Report, name: Follower, span: Span, asked: Asked, events: Float64Array, ignored?: string): Uint32Array {
  const table = report.tables.get(name);
  if (!table) return new Uint32Array(0);
  const { cube } = report;
  const times = table.numbers(FOLLOWERS[name].time);
  const addresses = table.numbers('address');
  const passes: ((row: number) => boolean)[] = [];
  const last = report.counted;
  const addressOf = (row: number): number => (addresses[row] < last ? addresses[row] : last);
  if (span) {
    passes.push((row) => {
      const place = placeOf(report, times[row]);
      return place >= span[0] && place < span[1];
    });
  }
  const mapped = new Set([...asked.filters.keys(), ...asked.without.keys()]);
  if ([...mapped].some((dimension) => cube.dimensions.get(dimension)?.of === 'address')) passes.push((row) => cube.addressPasses(addressOf(row)));
  const columns: readonly string[] = FOLLOWERS[name].columns;
  for (const dimension of mapped) {
    if (dimension === ignored) continue;
    const wanted = asked.filters.get(dimension);
    const unwanted = asked.without.get(dimension);
    const allows = (value: string | null): boolean => (!wanted?.length || wanted.includes(value)) && !unwanted?.includes(value);
    if (dimension === 'hour_of_week') {
      const names = cube.dimensions.get(dimension)?.names ?? [];
      passes.push((row) => allows(Number.isNaN(times[row]) ? null : names[placeInWeek(report.step, report.first + placeOf(report, times[row]), report.zone) + 1]));
    } else if (columns.includes(dimension)) {
      const coded = table.codes(dimension);
      // Rare names are put together in the rows that are counted.
      const known = new Set(cube.dimensions.get(dimension)?.names);
      const allowed = coded.names.map((value) => allows(known.has(value) || !known.has(OTHER) ? value : OTHER));
      passes.push((row) => allowed[coded.codes[row]]);
    }
  }
  if (byAddress(report, name, asked).some((dimension) => dimension !== ignored)) passes.push((row) => events[addressOf(row)] > 0);
  const kept = new Uint32Array(table.rows);
  let count = 0;
  for (let row = 0; row < table.rows; row++) if (passes.every((pass) => pass(row))) kept[count++] = row;
  return kept.subarray(0, count);
}
