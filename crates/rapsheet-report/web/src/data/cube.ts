// Counts everything that the page shows, under filters and a span of time.
//
// A row of `activity` is an hour (or day) × address × what happened, so it is counted and never looked at twice: each filter
// gives a row one bit. A row without a bit counts everywhere; a row with the one bit of a filter counts only in that filter's
// own panel, which thereby offers what could be added. Dimensions that belong to an address (country, network) are not
// counted by row: rows are added up by address first. Moving the brush adds and takes away only the rows that enter and leave.

import type { Coded } from './unpack';

export interface Dimension extends Coded {
  name: string;
  /** Whether a code belongs to a row of activity or to an address. */
  of: 'row' | 'address';
  /** Whether no panel shows it: it filters, and is counted by `sums` alone. */
  uncounted?: boolean;
  /** Whether bytes are counted too. */
  withBytes?: boolean;
}

export interface Activity {
  /** Steps since the report's first; rows are in this order; -1 (first) where the time is unknown. */
  places: Int32Array;
  steps: number;
  /** Row number in `addresses`, or `addresses` itself where the address has no row. */
  address: Uint32Array;
  addresses: number;
  attempts: Float64Array;
  events: Float64Array;
  /** Bytes that web servers sent. */
  bytes: Float64Array;
}

/** Rows per pair of codes, for the panel of jails. */
export interface Pair {
  rows: Uint32Array;
  columns: Uint32Array;
  width: number;
  height: number;
  /** The dimension whose own filter is left out. */
  own: string;
}

export type Filters = ReadonlyMap<string, ReadonlySet<number>>;
const NO_FILTERS: Filters = new Map();

/** Codes that are wanted, and codes that are left out, by dimension. */
export interface Asked {
  filters: Filters;
  without: Filters;
}
/** Places of steps, the end left out; null: all, also what has no time. */
export type Span = readonly [number, number] | null;

export interface Counts {
  /** What is measured: attempts, unless another measure was chosen. */
  values: Float64Array;
  events: Float64Array;
  /** Addresses with events, and those with any of what is measured; only of dimensions of an address. */
  seen: Float64Array | null;
  measured: Float64Array | null;
  /** Only of dimensions that ask for it. */
  bytes: Float64Array | null;
}

/** Events and attempts of the rows that pass all filters, by a dimension's code. */
export interface Sums {
  attempts: Float64Array;
  events: Float64Array;
  bytes: Float64Array;
}

const ADDRESS_BIT = 1;

export class Cube {
  readonly dimensions = new Map<string, Dimension>();
  private readonly rowDimensions: Dimension[] = [];
  private readonly addressDimensions: Dimension[] = [];
  private readonly rowCounts: Counts[] = [];
  private readonly addressCounts: Counts[] = [];
  private readonly fail: Uint16Array;
  private readonly addressFail: Uint16Array;
  /** First row of each step; one more for the end. */
  private readonly starts: Uint32Array;
  private counted: [number, number] = [0, 0];
  private asked: Asked = { filters: NO_FILTERS, without: NO_FILTERS };
  private pairCounts: Float64Array;
  /** What each row counts. */
  private measure: Float64Array;
  /** Of addresses whose rows pass, before filters of addresses. */
  private readonly byAddressValues: Float64Array;
  private readonly byAddressAttempts: Float64Array;
  private readonly byAddressEvents: Float64Array;
  /** What the filters leave of each address, for the map and the table. */
  readonly values: Float64Array;
  readonly attempts: Float64Array;
  readonly events: Float64Array;

  constructor(readonly activity: Activity, dimensions: readonly Dimension[], private readonly pair: Pair | null) {
    const rows = activity.places.length;
    this.fail = new Uint16Array(rows);
    this.addressFail = new Uint16Array(activity.addresses + 1);
    for (const dimension of dimensions) {
      if (this.dimensions.has(dimension.name)) continue;
      this.dimensions.set(dimension.name, dimension);
      const counts = (withAddresses: boolean): Counts => ({
        values: new Float64Array(dimension.names.length),
        events: new Float64Array(dimension.names.length),
        seen: withAddresses ? new Float64Array(dimension.names.length) : null,
        measured: withAddresses ? new Float64Array(dimension.names.length) : null,
        bytes: dimension.withBytes ? new Float64Array(dimension.names.length) : null,
      });
      if (dimension.of === 'row') {
        this.rowDimensions.push(dimension);
        this.rowCounts.push(counts(false));
      } else {
        this.addressDimensions.push(dimension);
        this.addressCounts.push(counts(true));
      }
    }
    if (this.rowDimensions.length > 14 || this.addressDimensions.length > 15) throw new Error('more dimensions than bits');
    this.starts = new Uint32Array(activity.steps + 1);
    for (let row = 0; row < rows; row++) {
      const place = activity.places[row];
      if (place >= 0) this.starts[place + 1]++;
    }
    let untimed = 0;
    while (untimed < rows && activity.places[untimed] < 0) untimed++;
    this.starts[0] = untimed;
    for (let place = 0; place < activity.steps; place++) this.starts[place + 1] += this.starts[place];
    this.pairCounts = new Float64Array(pair ? pair.width * pair.height : 0);
    this.measure = activity.attempts;
    this.byAddressValues = new Float64Array(activity.addresses + 1);
    this.byAddressAttempts = new Float64Array(activity.addresses + 1);
    this.byAddressEvents = new Float64Array(activity.addresses + 1);
    this.values = new Float64Array(activity.addresses + 1);
    this.attempts = new Float64Array(activity.addresses + 1);
    this.events = new Float64Array(activity.addresses + 1);
    this.setFilters(new Map());
  }

  private bitOfRow(index: number): number {
    return 2 << index;
  }

  /** Takes other filters, and what is to be left out; the next `count` starts from nothing. */
  setFilters(filters: Filters, without: Filters = NO_FILTERS): void {
    this.asked = { filters, without };
    const { addressFail, fail, activity } = this;
    addressFail.fill(0);
    let anyAddress = false;
    this.addressDimensions.forEach((dimension, index) => {
      const misses = missing(dimension, filters, without, 1 << index);
      if (!misses) return;
      anyAddress = true;
      for (let address = 0; address <= activity.addresses; address++) addressFail[address] |= misses[dimension.codes[address] ?? 0];
      // What has no address is of no country that anybody asks for.
      if (filters.get(dimension.name)?.size) addressFail[activity.addresses] |= 1 << index;
    });
    if (anyAddress) {
      const { address } = activity;
      for (let row = 0; row < fail.length; row++) fail[row] = addressFail[address[row]] ? ADDRESS_BIT : 0;
    } else {
      fail.fill(0);
    }
    this.rowDimensions.forEach((dimension, index) => {
      const misses = missing(dimension, filters, without, this.bitOfRow(index));
      if (!misses) return;
      const { codes } = dimension;
      for (let row = 0; row < fail.length; row++) fail[row] |= misses[codes[row]];
    });
    this.clear();
  }

  /** Takes what each row counts; the next `count` starts from nothing. */
  setMeasure(measure: Float64Array): void {
    if (measure === this.measure) return;
    this.measure = measure;
    this.clear();
  }

  /** Sums by a row's code under all filters, over a span. */
  sums(name: string, span: Span): Sums {
    const dimension = this.dimensions.get(name);
    const [attemptSums, eventSums, byteSums] = [0, 1, 2].map(() => new Float64Array(dimension?.names.length ?? 1));
    const sums: Sums = { attempts: attemptSums, events: eventSums, bytes: byteSums };
    if (dimension?.of !== 'row') return sums;
    const { fail } = this;
    const { attempts, events, bytes } = this.activity;
    const [from, to] = this.range(span);
    for (let row = from; row < to; row++) {
      if (fail[row] !== 0) continue;
      const code = dimension.codes[row];
      attemptSums[code] += attempts[row];
      eventSums[code] += events[row];
      byteSums[code] += bytes[row];
    }
    return sums;
  }

  private clear(): void {
    for (const counts of this.rowCounts) {
      counts.values.fill(0);
      counts.events.fill(0);
      counts.bytes?.fill(0);
    }
    this.pairCounts.fill(0);
    this.byAddressValues.fill(0);
    this.byAddressAttempts.fill(0);
    this.byAddressEvents.fill(0);
    this.counted = [0, 0];
  }

  /** Rows of a span. */
  range(span: Span): [number, number] {
    return span ? [this.starts[span[0]], this.starts[span[1]]] : [0, this.fail.length];
  }

  /** Brings all counts to a span. */
  count(span: Span): void {
    const [from, to] = this.range(span);
    const [oldFrom, oldTo] = this.counted;
    // Where more rows enter and leave than are wanted, it is less work to begin from nothing.
    if (Math.abs(from - oldFrom) + Math.abs(to - oldTo) >= to - from) {
      this.clear();
      this.add(from, to, 1);
    } else {
      if (from < oldFrom) this.add(from, oldFrom, 1);
      else this.add(oldFrom, from, -1);
      if (to > oldTo) this.add(oldTo, to, 1);
      else this.add(to, oldTo, -1);
    }
    this.counted = [from, to];
    this.rollUp();
  }

  private add(from: number, to: number, sign: number): void {
    if (from >= to) return;
    const { fail, measure, pair, pairCounts, byAddressValues, byAddressAttempts, byAddressEvents } = this;
    const { address, attempts, events, bytes } = this.activity;
    const isAttempts = measure === attempts;
    // By column and not by row: each loop keeps to one table of counts, which stays in the processor's cache.
    for (let row = from; row < to; row++) {
      if (fail[row] <= ADDRESS_BIT) {
        byAddressAttempts[address[row]] += sign * attempts[row];
        if (!isAttempts) byAddressValues[address[row]] += sign * measure[row];
        byAddressEvents[address[row]] += sign * events[row];
      }
    }
    this.rowDimensions.forEach((dimension, index) => {
      // Most logs have columns that no row bears.
      if (dimension.names.length < 2 || dimension.uncounted) return;
      const bit = this.bitOfRow(index);
      const { codes } = dimension;
      const counts = this.rowCounts[index];
      const byteCounts = counts.bytes;
      const valueCounts = counts.values;
      const eventCounts = counts.events;
      for (let row = from; row < to; row++) {
        const code = codes[row];
        if (code !== 0 && (fail[row] === 0 || fail[row] === bit)) {
          valueCounts[code] += sign * measure[row];
          eventCounts[code] += sign * events[row];
          if (byteCounts) byteCounts[code] += sign * bytes[row];
        }
      }
    });
    if (pair) {
      const index = this.rowDimensions.findIndex((dimension) => dimension.name === pair.own);
      const bit = index < 0 ? 0 : this.bitOfRow(index);
      for (let row = from; row < to; row++) {
        if (pair.rows[row] !== 0 && (fail[row] === 0 || fail[row] === bit)) {
          pairCounts[pair.rows[row] * pair.width + pair.columns[row]] += sign * events[row];
        }
      }
    }
  }

  private rollUp(): void {
    const { addressFail, byAddressAttempts, byAddressEvents, values, attempts, events } = this;
    const byAddressValues = this.measure === this.activity.attempts ? byAddressAttempts : this.byAddressValues;
    for (const counts of this.addressCounts) {
      counts.values.fill(0);
      counts.events.fill(0);
      counts.seen?.fill(0);
      counts.measured?.fill(0);
    }
    const dimensions = this.addressDimensions;
    const last = this.activity.addresses;
    for (let address = 0; address <= last; address++) {
      const failed = addressFail[address];
      const value = byAddressValues[address];
      const happened = byAddressEvents[address];
      values[address] = failed ? 0 : value;
      attempts[address] = failed ? 0 : byAddressAttempts[address];
      events[address] = failed ? 0 : happened;
      if (happened === 0 || address === last || failed & (failed - 1)) continue;
      for (let index = 0; index < dimensions.length; index++) {
        if (failed !== 0 && failed !== 1 << index) continue;
        const code = dimensions[index].codes[address];
        const counts = this.addressCounts[index];
        counts.values[code] += value;
        counts.events[code] += happened;
        if (counts.seen) counts.seen[code]++;
        if (counts.measured && value > 0) counts.measured[code]++;
      }
    }
  }

  /** Counts of a dimension; its own filter is left out. */
  counts(name: string): Counts | null {
    const row = this.rowDimensions.findIndex((dimension) => dimension.name === name);
    if (row >= 0) return this.rowCounts[row];
    const address = this.addressDimensions.findIndex((dimension) => dimension.name === name);
    return address >= 0 ? this.addressCounts[address] : null;
  }

  /** Events of each pair, rows by width. */
  pairs(): Float64Array {
    return this.pairCounts;
  }

  /** What is measured (or events) of each step and code, under all filters but the time: `steps × names`. */
  stack(name: string, what: 'measure' | 'events' = 'measure'): Float64Array {
    const dimension = this.dimensions.get(name);
    const width = dimension?.names.length ?? 1;
    const stacked = new Float64Array(this.activity.steps * width);
    if (!dimension || dimension.of !== 'row') return stacked;
    const { places } = this.activity;
    const numbers = what === 'measure' ? this.measure : this.activity.events;
    const { fail } = this;
    for (let row = this.starts[0]; row < fail.length; row++) {
      if (fail[row] === 0) stacked[places[row] * width + dimension.codes[row]] += numbers[row];
    }
    return stacked;
  }

  /** Rows of one address, all times, whatever the filters. */
  rowsOf(address: number): number[] {
    const rows: number[] = [];
    const column = this.activity.address;
    for (let row = 0; row < column.length; row++) if (column[row] === address) rows.push(row);
    return rows;
  }

  /** The filters in force: another object after each change. */
  get active(): Asked {
    return this.asked;
  }

  /** What each row counts. */
  get measured(): Float64Array {
    return this.measure;
  }

  /** Whether an address passes the filters that belong to addresses. */
  addressPasses(address: number): boolean {
    return this.addressFail[address] === 0;
  }
}

/** The bit of each code that filters leave out; null where they leave all. */
function missing(dimension: Dimension, filters: Filters, without: Filters, bit: number): Uint16Array | null {
  const wanted = filters.get(dimension.name);
  const unwanted = without.get(dimension.name);
  if (!wanted?.size && !unwanted?.size) return null;
  const misses = new Uint16Array(dimension.names.length).fill(wanted?.size ? bit : 0);
  for (const code of wanted ?? []) if (code < misses.length) misses[code] = 0;
  for (const code of unwanted ?? []) if (code < misses.length) misses[code] = bit;
  return misses;
}

/** Places of the largest values, the largest first; equal ones in their order. `skip` leaves places out. */
export function largest(values: Float64Array, most: number, skip: (place: number) => boolean = () => false): number[] {
  const best: number[] = [];
  let least = 0;
  for (let place = 0; place < values.length; place++) {
    const value = values[place];
    if (!(value > 0) || (best.length === most && value <= least) || skip(place)) continue;
    let at = best.length;
    while (at > 0 && values[best[at - 1]] < value) at--;
    best.splice(at, 0, place);
    if (best.length > most) best.pop();
    least = values[best[best.length - 1]];
  }
  return best;
}
