// The state of the page: the view that the address bar names, and the frame, which is what the view leaves of the report.

import { batch, computed, signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { placeOf } from '../data/report';
import type { Report } from '../data/report';
import type { Span } from '../data/cube';
import { PLAIN, plainView, readHash, writeHash } from './hash';
import type { View } from './hash';

/** What the filters and the brush leave. A new object for each step, its arrays are the cube's own. */
export interface Frame {
  span: Span;
  attempts: Float64Array;
  events: Float64Array;
  totals: { attempts: number; events: number; addresses: number; attackers: number; countries: number; bans: number; logins: number };
  /** Rows of these tables that are shown. */
  bans: Uint32Array;
  logins: Uint32Array;
  findings: Uint32Array;
  filtered: boolean;
  milliseconds: number;
}

export interface Store {
  report: Report;
  view: ReadonlySignal<View>;
  filters: ReadonlySignal<View['filters']>;
  span: ReadonlySignal<Span>;
  frame: ReadonlySignal<Frame>;
  /** The period that the first is compared with. */
  other: ReadonlySignal<Span>;
  /** Moves the second brush. */
  versus(span: Span, done: boolean): void;
  /** Changes the view; `step` makes an entry for Back, without it the present entry is rewritten. */
  change(part: Partial<View>, step?: boolean): void;
  toggle(dimension: string, value: string | null): void;
  brush(span: Span, done: boolean): void;
  has(dimension: string, value: string | null): boolean;
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
  const filterVersion = computed(() => {
    const codes = new Map<string, Set<number>>();
    for (const [name, values] of filters.value) codes.set(name, new Set(values.map((value) => code(name, value))));
    report.cube.setFilters(codes);
    return {};
  });
  const frame = computed<Frame>(() => {
    const started = performance.now();
    void filterVersion.value;
    report.cube.count(span.value);
    return frameOf(report, span.value, filters.value, started);
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
    if (writeHash({ ...plainView(), filters: next.filters }, report.step) === writeHash({ ...plainView(), filters: now.filters }, report.step)) next.filters = now.filters;
    view.value = next;
  };
  addEventListener('popstate', back);
  addEventListener('hashchange', back);

  return {
    report,
    view,
    filters,
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
      const next = new Map(view.peek().filters);
      const values = next.get(dimension) ?? [];
      const rest = values.filter((other) => other !== value);
      if (rest.length === values.length) rest.push(value);
      if (rest.length) next.set(dimension, rest);
      else next.delete(dimension);
      change({ filters: next, page: 1 });
    },
    brush(wanted, done) {
      const part = wanted ? { from: report.first + wanted[0], to: report.first + wanted[1], page: 1 } : { from: null, to: null, page: 1 };
      if (done) change(part);
      else view.value = { ...view.peek(), ...part };
    },
    has: (dimension, value) => filters.value.get(dimension)?.includes(value) ?? false,
    clear: () => change({ ...PLAIN, sort: view.peek().sort, stack: view.peek().stack, filters: new Map() }),
    code,
    stop() {
      removeEventListener('popstate', back);
      removeEventListener('hashchange', back);
    },
  };
}

/** What a count leaves of the report. */
export function frameOf(report: Report, span: Span, filters: View['filters'], started: number, cube = report.cube): Frame {
  const { attempts, events } = cube;
  const totals = { attempts: 0, events: 0, addresses: 0, attackers: 0, countries: 0, bans: 0, logins: 0 };
  const countries = report.addresses.codes('country_iso_code');
  const seen = new Uint8Array(countries.names.length);
  const last = report.addresses.rows;
  for (let address = 0; address <= last; address++) {
    totals.attempts += attempts[address];
    totals.events += events[address];
    if (events[address] === 0 || address === last) continue;
    totals.addresses++;
    if (attempts[address] === 0) continue;
    totals.attackers++;
    const country = countries.codes[address];
    if (country !== 0 && seen[country] === 0) {
      seen[country] = 1;
      totals.countries++;
    }
  }
  const only = (name: string, column: string): ((row: number) => boolean) => {
    const wanted = filters.get(name);
    const table = report.tables.get(column);
    if (!wanted?.length || !table?.has(name)) return () => true;
    const coded = table.codes(name);
    return (row) => wanted.includes(coded.names[coded.codes[row]]);
  };
  // A ban, a login and a finding are shown where their address is shown and their time lies within the brush.
  const rows = (name: string, time: string, passes: (row: number) => boolean): Uint32Array => {
    const table = report.tables.get(name);
    if (!table) return new Uint32Array(0);
    const times = table.numbers(time);
    const addresses = table.numbers('address');
    const kept: number[] = [];
    for (let row = 0; row < table.rows; row++) {
      if (span) {
        const place = placeOf(report, times[row]);
        if (!(place >= span[0] && place < span[1])) continue;
      }
      const address = Number.isNaN(addresses[row]) ? last : addresses[row];
      if (filters.size > 0 && events[address] === 0) continue;
      if (passes(row)) kept.push(row);
    }
    return Uint32Array.from(kept);
  };
  const bans = rows('bans', 'banned_from', only('fail2ban_jail', 'bans'));
  const logins = rows('logins', 'timestamp', only('user_name', 'logins'));
  const findings = rows('findings', 'timestamp', () => true);
  totals.bans = bans.length;
  totals.logins = logins.length;
  const filtered = filters.size > 0 || span !== null;
  return { span, attempts, events, totals, bans, logins, findings, filtered, milliseconds: performance.now() - started };
}
