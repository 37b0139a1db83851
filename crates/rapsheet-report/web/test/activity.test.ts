// Rows of activity as the program packs them.

import { dictionary, tableFromArrays, tableToIPC, uint16, uint8, utf8 } from '@uwdata/flechette';
import { describe, expect, it } from 'vitest';
import { spread } from '../src/data/activity';
import { readTable } from '../src/data/unpack';

interface Row {
  facet: number;
  address: number;
  /** From 1 on; 0 where the time is unknown. */
  step: number;
  events: number;
  attempts: number;
}

const FACETS = { service_name: ['sshd', 'sshd', null], user_name: ['root', null, ''], attempts_per_event: [1, 0, 0] };
const ADDRESSES = 700;

/** Packs rows, the slow way. */
function packed(rows: Row[]) {
  const sorted = rows.toSorted((one, other) => one.facet - other.facet || one.address - other.address || one.step - other.step);
  const numbers: Record<string, number[]> = { facet: [], address: [], step: [], events: [], attempts: [] };
  sorted.forEach((row, at) => {
    const last = sorted[at - 1];
    const sameFacet = last !== undefined && last.facet === row.facet;
    const sameAddress = sameFacet && last.address === row.address;
    const more = row.attempts - FACETS.attempts_per_event[row.facet] * row.events;
    numbers.facet.push(row.facet - (last?.facet ?? 0));
    numbers.address.push(row.address - (sameFacet ? last.address : 0));
    numbers.step.push(row.step - (sameAddress ? last.step : 0));
    numbers.events.push(row.events);
    numbers.attempts.push(more < 0 ? -2 * more - 1 : 2 * more);
  });
  const columns: Record<string, Uint8Array> = {};
  for (const [name, values] of Object.entries(numbers)) {
    const most = Math.max(0, ...values);
    for (let place = 0; place < 4; place++) {
      if (place === 0 || most >= 2 ** (8 * place)) columns[`${name}_${place}`] = Uint8Array.from(values, (value) => Math.floor(value / 2 ** (8 * place)) % 256);
    }
  }
  const types = Object.fromEntries(Object.keys(columns).map((name) => [name, uint8()]));
  return readTable(tableToIPC(tableFromArrays(columns, { types }), { format: 'stream' }) as Uint8Array);
}

function facets() {
  const types = { service_name: dictionary(utf8(), uint16()), user_name: dictionary(utf8(), uint16()), attempts_per_event: uint8() };
  return readTable(tableToIPC(tableFromArrays(FACETS, { types }), { format: 'stream' }) as Uint8Array);
}

const ROWS: Row[] = [
  { facet: 1, address: 0, step: 3, events: 5, attempts: 0 },
  { facet: 0, address: 699, step: 1000, events: 70_000, attempts: 70_000 },
  { facet: 0, address: 699, step: 2, events: 4, attempts: 9 },
  { facet: 0, address: 300, step: 2, events: 3, attempts: 1 },
  { facet: 2, address: ADDRESSES, step: 0, events: 1, attempts: 2_000_000_000 },
  { facet: 1, address: 0, step: 1000, events: 1, attempts: 2 },
  { facet: 1, address: 600, step: 2, events: 1, attempts: 0 },
];

describe('rows of activity', () => {
  it('come back in the order of time, with all that they tell', () => {
    const rows = spread(packed(ROWS), facets(), ADDRESSES);
    const { activity } = rows;
    const [services, users] = ['service_name', 'user_name'].map((name) => rows.codes(name));
    const text = (values: (string | number | null)[]) => values.map((value) => value ?? '∅').join('|');
    const found = [...activity.places].map((place, row) => text([place, activity.address[row], services.names[services.codes[row]], users.names[users.codes[row]], activity.events[row], activity.attempts[row]]));
    const wanted = ROWS.map((row) => text([row.step - 1, row.address, FACETS.service_name[row.facet], FACETS.user_name[row.facet], row.events, row.attempts]));
    expect(found.toSorted()).toEqual(wanted.toSorted());
    expect([...activity.places]).toEqual([...activity.places].toSorted((one, other) => one - other));
    expect([activity.steps, activity.addresses, rows.rows]).toEqual([1000, ADDRESSES, ROWS.length]);
  });

  it('may be none', () => {
    const rows = spread(packed([]), facets(), 0);
    expect([rows.activity.steps, rows.activity.places.length, rows.codes('user_name').codes.length]).toEqual([0, 0, 0]);
  });

  it('have columns of facets and numbers, and no others', () => {
    const rows = spread(packed(ROWS), facets(), ADDRESSES);
    expect(['user_name', 'attempts', 'address', 'url_path'].map((name) => rows.has(name))).toEqual([true, true, true, false]);
    expect([...Array.from(rows.numbers('events'))].reduce((sum, value) => sum + value)).toBe(70_015);
    expect(Number.isNaN(rows.numbers('nothing')[0])).toBe(true);
  });
});
