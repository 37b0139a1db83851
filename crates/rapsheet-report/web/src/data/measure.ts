// What the page counts: attempts, or another measure where a filter leaves no attempt (fail2ban's lines only repeat attempts that
// others told of).

import { COUNTS_AS } from './report';
import type { Report } from './report';
import { placeOf } from './report';

export interface Measure {
  name: string;
  one: string;
  more: string;
  /** For the head of a narrow column. */
  short: string;
  /** What addresses did that have any of it: "addresses that …". */
  verb: string;
  /** Which of a row's numbers it counts, by what the row counts as; bans are counted from their own table. */
  counts: Readonly<Record<string, 'attempts' | 'events'>> | 'attempts' | 'events' | 'bans';
}

/** In the order in which the page tries them. */
export const MEASURES: readonly Measure[] = [
  { name: 'attempts', one: 'attempt', more: 'attempts', short: 'attempts', verb: 'tried', counts: 'attempts' },
  { name: 'bans', one: 'ban', more: 'bans', short: 'bans', verb: 'banned', counts: 'bans' },
  { name: 'found', one: 'find of fail2ban', more: 'finds of fail2ban', short: 'finds', verb: 'found', counts: { found: 'events' } },
  { name: 'failed_logins', one: 'failed login', more: 'failed logins', short: 'failed', verb: 'failed', counts: { failed_login: 'attempts' } },
  { name: 'connections', one: 'connection without a login', more: 'connections without a login', short: 'connections', verb: 'connected', counts: { connection: 'attempts', refused: 'events' } },
  { name: 'logins', one: 'login', more: 'logins', short: 'logins', verb: 'logged in', counts: { login: 'events' } },
  { name: 'requests', one: 'request', more: 'requests', short: 'requests', verb: 'asked', counts: { request: 'events' } },
  { name: 'events', one: 'event', more: 'events', short: 'events', verb: 'seen', counts: 'events' },
];

/** The measure of a name; attempts where there is none. */
export function measureOf(name: string): Measure {
  return MEASURES.find((measure) => measure.name === name) ?? MEASURES[0];
}

/** What rows count as, added up. */
export interface Sums {
  attempts: ArrayLike<number>;
  events: ArrayLike<number>;
}

/** How much of a measure there is in sums by what rows count as (`names`); bans are known to nobody here. */
export function amount(measure: Measure, names: readonly (string | null)[], sums: Sums): number {
  const { counts } = measure;
  if (counts === 'bans') return amountOf({ ban: 'events', restore_ban: 'events' }, names, sums);
  return amountOf(counts, names, sums);
}

function amountOf(counts: Exclude<Measure['counts'], 'bans'>, names: readonly (string | null)[], sums: Sums): number {
  let sum = 0;
  for (let code = 0; code < names.length; code++) {
    const what = typeof counts === 'string' ? counts : counts[names[code] ?? ''];
    if (what) sum += sums[what][code];
  }
  return sum;
}

/** Which measures have values at all, in their order. */
export function measuresWith(names: readonly (string | null)[], sums: Sums): Measure[] {
  return MEASURES.filter((measure) => amount(measure, names, sums) > 0);
}

/** What each row of activity counts. */
export class MeasuredRows {
  private readonly known = new Map<string, Float64Array>();

  constructor(private readonly report: Report) {}

  of(measure: Measure): Float64Array {
    let rows = this.known.get(measure.name);
    if (!rows) {
      rows = this.make(measure);
      this.known.set(measure.name, rows);
    }
    return rows;
  }

  private make(measure: Measure): Float64Array {
    const { activity } = this.report.cube;
    const { counts } = measure;
    if (counts === 'attempts' || counts === 'events') return activity[counts];
    const coded = this.report.rows.codes(COUNTS_AS);
    if (counts === 'bans') return this.bans();
    const numbers = coded.names.map((name) => (counts[name ?? ''] ? activity[counts[name ?? '']] : null));
    return Float64Array.from(coded.codes, (code, row) => numbers[code]?.[row] ?? 0);
  }

  /**
   * Bans as their table has them. A ban that the log and the database of fail2ban tell of is two events and one ban, so each row of
   * the table finds the row of activity that told of it first: of that address, jail and step.
   */
  private bans(): Float64Array {
    const { cube, rows, tables } = this.report;
    const { activity } = cube;
    const counted = new Float64Array(activity.places.length);
    const bans = tables.get('bans');
    if (!bans) return counted;
    const coded = rows.codes(COUNTS_AS);
    const jails = rows.codes('fail2ban_jail');
    const isBan = coded.names.map((name) => name === 'ban' || name === 'restore_ban');
    const key = (place: number, address: number, jail: string | null, restored: boolean): string => `${place} ${address} ${restored} ${jail ?? ''}`;
    const places = new Map<string, number>();
    for (let row = 0; row < counted.length; row++) {
      if (isBan[coded.codes[row]]) places.set(key(activity.places[row], activity.address[row], jails.names[jails.codes[row]], coded.names[coded.codes[row]] === 'restore_ban'), row);
    }
    const from = bans.numbers('banned_from');
    const addresses = bans.numbers('address');
    const jail = bans.codes('fail2ban_jail');
    const restored = bans.codes('restored');
    for (let row = 0; row < bans.rows; row++) {
      const place = Number.isNaN(from[row]) ? -1 : placeOf(this.report, from[row]);
      const address = addresses[row] < activity.addresses ? addresses[row] : activity.addresses;
      const at = places.get(key(place, address, jail.names[jail.codes[row]], restored.names[restored.codes[row]] === 'true'));
      if (at !== undefined) counted[at]++;
    }
    return counted;
  }
}
