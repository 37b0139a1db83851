// Spreads the rows of activity, which the program packs into few bytes (`activity.rs`), into the columns that the cube counts.
//
// Packed rows are in the order of facet (what events are and the names that they bear), address and step of time; each of the
// three is told by its distance to the row before. The cube wants the order of time.

import type { Activity } from './cube';
import type { Coded, Table } from './unpack';

/** The rows of activity, in the order of time. */
export class Rows {
  private readonly coded = new Map<string, Coded>();

  constructor(readonly activity: Activity, private readonly facet: Uint32Array, private readonly facets: Table) {}

  get rows(): number {
    return this.facet.length;
  }

  has(name: string): boolean {
    return this.facets.has(name) || name === 'address' || name === 'attempts' || name === 'events';
  }

  /** A column of numbers of rows. */
  numbers(name: string): ArrayLike<number> {
    const { address, attempts, events } = this.activity;
    if (name === 'address') return address;
    return name === 'attempts' ? attempts : name === 'events' ? events : new Float64Array(this.rows).fill(NaN);
  }

  /** A column of facets as codes of rows. */
  codes(name: string): Coded {
    let coded = this.coded.get(name);
    if (!coded) {
      const { codes, names } = this.facets.codes(name);
      const { facet } = this;
      const ofRows = new Uint32Array(facet.length);
      // Most logs have columns that no row bears.
      if (names.length > 1) for (let row = 0; row < facet.length; row++) ofRows[row] = codes[facet[row]];
      coded = { codes: ofRows, names };
      this.coded.set(name, coded);
    }
    return coded;
  }
}

/** Numbers of up to seven bytes, as `numbers` reads those of four. */
function largeNumbers(table: Table, name: string): Float64Array {
  const whole = new Float64Array(table.rows);
  for (let place = 0; place < 7; place++) {
    const bytes = table.bytes(`${name}_${place}`);
    if (!bytes) break;
    const unit = 256 ** place;
    for (let row = 0; row < whole.length; row++) whole[row] += bytes[row] * unit;
  }
  return whole;
}

/** Numbers whose bytes stand in columns of their own, the lowest in `name_0`. */
function numbers(table: Table, name: string): Uint32Array {
  const lowest = table.bytes(`${name}_0`);
  if (!lowest) throw new Error(`the report lacks the column ${name} of its table of activity`);
  const whole = Uint32Array.from(lowest);
  for (let place = 1; place < 4; place++) {
    const bytes = table.bytes(`${name}_${place}`);
    if (!bytes) break;
    const shift = 8 * place;
    for (let row = 0; row < whole.length; row++) whole[row] |= bytes[row] << shift;
  }
  return whole;
}

/** Makes distances to the row before into the numbers themselves; returns the largest step. */
function addUp(facet: Uint32Array, address: Uint32Array, step: Uint32Array): number {
  let most = 0;
  for (let row = 1; row < facet.length; row++) {
    if (facet[row] === 0) {
      if (address[row] === 0) step[row] += step[row - 1];
      address[row] += address[row - 1];
    }
    facet[row] += facet[row - 1];
  }
  for (let row = 0; row < step.length; row++) if (step[row] > most) most = step[row];
  return most;
}

/** Spreads packed rows; `addresses` is how many addresses have a row of their own. */
export function spread(table: Table, facets: Table, addresses: number): Rows {
  const [facet, address, step, events, attempts] = ['facet', 'address', 'step', 'events', 'attempts'].map((name) => numbers(table, name));
  const bytes = largeNumbers(table, 'bytes');
  const steps = addUp(facet, address, step);
  // Rows of each step, each step's first place in the end: step 0 is of rows without a time.
  const places = new Uint32Array(steps + 2);
  for (let row = 0; row < step.length; row++) places[step[row] + 1]++;
  for (let at = 0; at <= steps; at++) places[at + 1] += places[at];
  const usual = facets.numbers('attempts_per_event');
  const facetOf = new Uint32Array(table.rows);
  const placeOf = new Int32Array(table.rows);
  const addressOf = new Uint32Array(table.rows);
  const attemptsOf = new Float64Array(table.rows);
  const eventsOf = new Float64Array(table.rows);
  const bytesOf = new Float64Array(table.rows);
  for (let row = 0; row < facet.length; row++) {
    const at = step[row];
    const place = places[at]++;
    // Small numbers of either sign were made small numbers.
    const more = (attempts[row] >>> 1) ^ -(attempts[row] & 1);
    facetOf[place] = facet[row];
    placeOf[place] = at - 1;
    addressOf[place] = address[row];
    eventsOf[place] = events[row];
    bytesOf[place] = bytes[row];
    attemptsOf[place] = (usual[facet[row]] * events[row] + more) >>> 0;
  }
  const activity = { places: placeOf, steps, address: addressOf, addresses, attempts: attemptsOf, events: eventsOf, bytes: bytesOf };
  return new Rows(activity, facetOf, facets);
}
