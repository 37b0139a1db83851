// The state of the page: the view that the address bar names, and the frame, which is what the view leaves of the report.

import { batch, computed, signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { amount, MEASURES, MeasuredRows, measureOf, measuresWith } from '../data/measure';
import type { Measure } from '../data/measure';
import { COUNTS_AS } from '../data/report';
import type { Report } from '../data/report';
import type { Cube, Span } from '../data/cube';
import { PLAIN, plainView, readHash, writeHash } from './hash';
import type { View } from './hash';
import { byAddress, rowsInView } from './rows';

/** How many of something there are in a view. */
export interface Total {
  count: number;
  /** How many of them the page lists, where that is fewer. */
  listed: number;
  /** Whether `count` is all; if not, there may be more. */
  exact: boolean;
}

/** What the filters and the brush leave. A new object for each step, its arrays are the cube's own. */
export interface Frame {
  span: Span;
  measure: Measure;
  /** What is measured of each address. */
  values: Float64Array;
  attempts: Float64Array;
  events: Float64Array;
  totals: {
    attempts: number;
    events: number;
    /** What is measured. */
    value: number;
    /** Addresses with events, with attempts, and with any of what is measured. */
    addresses: number;
    attackers: number;
    measured: number;
    countries: number;
    failedLogins: number;
    connections: number;
    requests: number;
    /** Bytes that web servers sent. */
    bytes: number;
    restored: number;
    bans: Total;
    logins: Total;
    findings: Total;
  };
  /** Rows of these tables that are shown. */
  bans: Uint32Array;
  logins: Uint32Array;
  findings: Uint32Array;
  /** Filters that bans, logins or findings have no column for: what is shown of them is of the addresses in the view. */
  ofAddresses: { bans: string[]; logins: string[]; findings: string[] };
  /** The bans without a jail's own filter. */
  bansOfAllJails(): Uint32Array;
  filtered: boolean;
  milliseconds: number;
}

export interface Store {
  report: Report;
  view: ReadonlySignal<View>;
  filters: ReadonlySignal<View['filters']>;
  without: ReadonlySignal<View['without']>;
  /** What the whole report has of each measure, those that have none left out. */
  measures: readonly Measure[];
  span: ReadonlySignal<Span>;
  frame: ReadonlySignal<Frame>;
  /** The period that the first is compared with. */
  other: ReadonlySignal<Span>;
  /** Moves the second brush. */
  versus(span: Span, done: boolean): void;
  /** Changes the view; `step` makes an entry for Back, without it the present entry is rewritten. */
  change(part: Partial<View>, step?: boolean): void;
  toggle(dimension: string, value: string | null): void;
  /** Leaves a value out, or takes that back; a filter that wants it goes. */
  leaveOut(dimension: string, value: string | null): void;
  /** Wants only a value that was left out. */
  keep(dimension: string, value: string | null): void;
  brush(span: Span, done: boolean): void;
  has(dimension: string, value: string | null): boolean;
  leavesOut(dimension: string, value: string | null): boolean;
  clear(): void;
  code(dimension: string, value: string | null): number;
  stop(): void;
}

export function createStore(report: Report): Store {
  const names = new Set(report.cube.dimensions.keys());
  const read = (): View => readHash(location.hash, report.step, names);
  const view = signal<View>(read());
  const places = new Map<string, Map<string, number>>();

  const code = (dimension: string, value: string | null): number => {
    if (value === null) return 0;
    let known = places.get(dimension);
    if (!known) {
      known = new Map();
      const list = report.cube.dimensions.get(dimension)?.names ?? [];
      for (let place = 1; place < list.length; place++) known.set(list[place] as string, place);
      places.set(dimension, known);
    }
    // A value that the report doesn't have leaves nothing, as its chip says.
    return known.get(value) ?? 0xffffffff;
  };

  const filters = computed(() => view.value.filters);
  const without = computed(() => view.value.without);
  const chosen = computed(() => view.value.measure);
  const measuredRows = new MeasuredRows(report);
  const kinds = report.cube.dimensions.get(COUNTS_AS)?.names ?? [null];
  const measures = measuresWith(kinds, report.cube.sums(COUNTS_AS, null));
  const from = computed(() => view.value.from);
  const to = computed(() => view.value.to);
  const placed = (from: number | null, to: number | null): Span => {
    if (from === null || to === null) return null;
    const first = Math.max(0, Math.min(report.steps, from - report.first));
    const last = Math.max(first, Math.min(report.steps, to - report.first));
    return [first, last];
  };
  const span = computed<Span>(() => placed(from.value, to.value));
  const vsFrom = computed(() => view.value.vsFrom);
  const vsTo = computed(() => view.value.vsTo);
  const other = computed<Span>(() => placed(vsFrom.value, vsTo.value));
  const codesOf = (wanted: View['filters']): Map<string, Set<number>> => new Map([...wanted].map(([name, values]) => [name, new Set(values.map((value) => code(name, value)))] as const));
  // What the filters leave of each kind of event, at any time: it decides what is measured, so that a brush doesn't change it.
  const filterVersion = computed(() => {
    report.cube.setFilters(codesOf(filters.value), codesOf(without.value));
    return { sums: report.cube.sums(COUNTS_AS, null) };
  });
  const measure = computed<Measure>(() => {
    const { sums } = filterVersion.value;
    if (chosen.value !== '' && MEASURES.some(({ name }) => name === chosen.value)) return measureOf(chosen.value);
    return measuresWith(kinds, sums)[0] ?? MEASURES[0];
  });
  const frame = computed<Frame>(() => {
    const started = performance.now();
    void filterVersion.value;
    report.cube.setMeasure(measuredRows.of(measure.value));
    report.cube.count(span.value);
    return frameOf(report, span.value, { filters: filters.value, without: without.value }, measure.value, started);
  });

  const write = (next: View, step: boolean): void => {
    const hash = writeHash(next, report.step);
    const address = hash || location.pathname + location.search;
    if (step) history.pushState(null, '', address);
    else history.replaceState(null, '', address);
  };
  const change = (part: Partial<View>, step = true): void => {
    // What a link had too much is told until the reader steers.
    const next = { ...view.peek(), unknown: [], ...part };
    batch(() => {
      view.value = next;
    });
    write(next, step);
  };
  const back = (): void => {
    const next = read();
    const now = view.peek();
    // The same filters stay the same object: nothing is counted again for a sheet that closes.
    const told = (filters: View['filters']): string => writeHash({ ...plainView(), filters }, report.step);
    if (told(next.filters) === told(now.filters)) next.filters = now.filters;
    if (told(next.without) === told(now.without)) next.without = now.without;
    view.value = next;
  };
  addEventListener('popstate', back);
  addEventListener('hashchange', back);

  return {
    report,
    view,
    filters,
    without,
    measures,
    span,
    frame,
    other,
    versus(wanted, done) {
      const part = wanted ? { vsFrom: report.first + wanted[0], vsTo: report.first + wanted[1] } : { vsFrom: null, vsTo: null };
      if (done) change(part);
      else view.value = { ...view.peek(), ...part };
    },
    change,
    toggle(dimension, value) {
      // A press on what is left out takes it back in.
      if (view.peek().without.get(dimension)?.includes(value)) change({ without: toggled(view.peek().without, dimension, value), page: 1 });
      else change({ filters: toggled(view.peek().filters, dimension, value), page: 1 });
    },
    leaveOut(dimension, value) {
      const { filters: wanted, without: unwanted } = view.peek();
      const next = wanted.get(dimension)?.includes(value) ? toggled(wanted, dimension, value) : wanted;
      change({ filters: next, without: toggled(unwanted, dimension, value), page: 1 });
    },
    keep(dimension, value) {
      const { filters: wanted, without: unwanted } = view.peek();
      change({ filters: toggled(wanted, dimension, value), without: toggled(unwanted, dimension, value), page: 1 });
    },
    brush(wanted, done) {
      const part = wanted ? { from: report.first + wanted[0], to: report.first + wanted[1], page: 1 } : { from: null, to: null, page: 1 };
      if (done) change(part);
      else view.value = { ...view.peek(), ...part };
    },
    has: (dimension, value) => filters.value.get(dimension)?.includes(value) ?? false,
    leavesOut: (dimension, value) => without.value.get(dimension)?.includes(value) ?? false,
    clear: () => change({ ...PLAIN, sort: view.peek().sort, stack: view.peek().stack, measure: view.peek().measure, filters: new Map(), without: new Map() }),
    code,
    stop() {
      removeEventListener('popstate', back);
      removeEventListener('hashchange', back);
    },
  };
}

/** A copy of filters with a value put in or taken out. */
function toggled(filters: View['filters'], dimension: string, value: string | null): View['filters'] {
  const next = new Map(filters);
  const values = next.get(dimension) ?? [];
  const rest = values.filter((other) => other !== value);
  if (rest.length === values.length) rest.push(value);
  if (rest.length) next.set(dimension, rest);
  else next.delete(dimension);
  return next;
}

/** What a count leaves of the report. */
export function frameOf(report: Report, span: Span, asked: Pick<View, 'filters' | 'without'>, measure: Measure, started: number, cube = report.cube): Frame {
  const { values, attempts, events } = cube;
  const kinds = cube.dimensions.get(COUNTS_AS)?.names ?? [null];
  const sums = cube.sums(COUNTS_AS, span);
  const of = (name: string): number => amount(measureOf(name), kinds, sums);
  const bans = rowsInView(report, 'bans', span, asked, events);
  const logins = rowsInView(report, 'logins', span, asked, events);
  const findings = rowsInView(report, 'findings', span, asked, events);
  const filtered = asked.filters.size > 0 || asked.without.size > 0 || span !== null;
  const ofAddresses = { bans: byAddress(report, 'bans', asked), logins: byAddress(report, 'logins', asked), findings: byAddress(report, 'findings', asked) };
  const restored = report.tables.get('bans')?.codes('restored');
  const total = (table: string, count: number, all: number | null): Total => {
    const cut = report.meta.cut.find((one) => one.table === table);
    if (!cut) return { count: Math.max(count, all ?? 0), listed: count, exact: true };
    if (!filtered) return { count: cut.all, listed: count, exact: true };
    return { count: all ?? count, listed: count, exact: all !== null };
  };
  const told = report.tables.get('logins')?.numbers('logins');
  const listed = logins.reduce((sum, row) => sum + (told?.[row] ?? 1), 0);
  const totals = {
    ...totalsOf(report, cube),
    failedLogins: of('failed_logins'),
    connections: of('connections'),
    requests: of('requests'),
    bytes: sums.bytes.reduce((sum, value) => sum + value, 0),
    restored: bans.reduce((sum, row) => sum + (restored?.names[restored.codes[row]] === 'true' ? 1 : 0), 0),
    bans: total('bans', bans.length, null),
    // What is counted has every login, also those that find no room in the table, and those of no address.
    logins: total('logins', listed, ofAddresses.logins.length ? null : of('logins')),
    findings: total('findings', findings.length, null),
  };
  const bansOfAllJails = (): Uint32Array => rowsInView(report, 'bans', span, asked, events, 'fail2ban_jail');
  return { span, measure, values, attempts, events, totals, bans, logins, findings, ofAddresses, bansOfAllJails, filtered, milliseconds: performance.now() - started };
}

/** Adds up what is left of each address. */
function totalsOf(report: Report, cube: Cube): Pick<Frame['totals'], 'attempts' | 'events' | 'value' | 'addresses' | 'attackers' | 'measured' | 'countries'> {
  const { values, attempts, events } = cube;
  const totals = { attempts: 0, events: 0, value: 0, addresses: 0, attackers: 0, measured: 0, countries: 0 };
  const countries = cube.dimensions.get('country_iso_code');
  const seen = new Uint8Array(countries?.names.length ?? 1);
  const last = report.counted;
  for (let address = 0; address <= last; address++) {
    totals.attempts += attempts[address];
    totals.events += events[address];
    totals.value += values[address];
    if (events[address] === 0 || address === last) continue;
    totals.addresses++;
    if (values[address] > 0) totals.measured++;
    if (attempts[address] === 0) continue;
    totals.attackers++;
    const country = countries?.codes[address] ?? 0;
    if (country !== 0 && seen[country] === 0) {
      seen[country] = 1;
      totals.countries++;
    }
  }
  return totals;
}
