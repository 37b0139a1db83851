// Hours and days of the report's zone, where the clocks change too.

import { describe, expect, it } from 'vitest';
import { bars, hourOfWeek, localStart, placeInWeek, repeatedHours, stepOf, weekNames, widthWords, Zone } from '../src/data/zone';

const berlin = new Zone('Europe/Berlin');
const hour = (text: string): number => Date.parse(text) / 3_600_000;

describe('a zone', () => {
  it('is ahead by what the season says, also on the day of the change', () => {
    expect(berlin.offset(Date.parse('2026-01-10T00:00Z'))).toBe(3_600_000);
    expect(berlin.offset(Date.parse('2026-07-10T00:00Z'))).toBe(7_200_000);
    expect(berlin.offset(Date.parse('2026-03-29T00:59Z'))).toBe(3_600_000);
    expect(berlin.offset(Date.parse('2026-03-29T01:00Z'))).toBe(7_200_000);
    expect(new Zone('Asia/Kolkata').offset(0)).toBe(19_800_000);
    expect(new Zone('America/New_York').offset(Date.parse('2026-01-10T00:00Z'))).toBe(-18_000_000);
  });

  it('falls back to UTC for a name that nobody knows', () => {
    expect(new Zone('Mars/Olympus').name).toBe('UTC');
  });

  it('is told by its offsets where the browser does not know its name', () => {
    const change = Date.parse('2026-03-29T01:00Z');
    const zone = new Zone('UTC+01:00 / UTC+02:00', [[Date.parse('2026-01-01T00:00Z') / 1000, 3600], [change / 1000, 7200]]);
    expect(zone.name).toBe('UTC+01:00 / UTC+02:00');
    expect([0, change - 1, change].map((at) => zone.offset(at))).toEqual([3_600_000, 3_600_000, 7_200_000]);
    expect(zone.second(change - 1000)).toBe(berlin.second(change - 1000));
    expect(zone.second(change)).toBe(berlin.second(change));
    expect(stepOf('day', Date.parse('2026-01-01T23:30Z'), zone)).toBe(hour('2026-01-02T00:00Z') / 24);
    expect(new Zone('Europe/Berlin', [[0, 60]]).offset(change)).toBe(7_200_000);
  });

  it('counts the hours of the week from Monday', () => {
    expect(hourOfWeek(Date.parse('2026-01-05T00:00Z'))).toBe(0);
    expect(hourOfWeek(Date.parse('2026-01-11T23:00Z'))).toBe(167);
    expect(hourOfWeek(Date.parse('1969-12-31T05:00Z'))).toBe(2 * 24 + 5);
    expect(hourOfWeek(localStart('hour', hour('2026-01-04T23:00Z'), berlin))).toBe(0);
  });

  it('names the hours of the week, and the days where time is told by day', () => {
    const hours = weekNames('hour');
    const monday = hour('2026-01-04T23:00Z');
    expect(hours.short).toHaveLength(168);
    expect(hours.short[placeInWeek('hour', monday + 9, berlin)]).toBe('Mon 09');
    expect(hours.long[placeInWeek('hour', monday + 167, berlin)]).toBe('Sunday, 23:00 to 23:59');
    const days = weekNames('day');
    expect(days.short).toEqual(['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']);
    expect(days.long[placeInWeek('day', Date.parse('2026-01-08T00:00Z') / 86_400_000, berlin)]).toBe('Thursday');
  });

  it('puts a time into its step', () => {
    expect(stepOf('hour', Date.parse('2026-01-04T23:59Z'), berlin)).toBe(hour('2026-01-04T23:00Z'));
    expect(stepOf('day', Date.parse('2026-01-04T23:30Z'), berlin)).toBe(Date.parse('2026-01-05T00:00Z') / 86_400_000);
  });
});

describe('a moment', () => {
  it('says how far clocks are ahead on the days on which they change, and on no other', () => {
    expect(berlin.moment(Date.parse('2025-10-26T00:30Z'))).toBe('26 Oct 2025, 02:30 UTC+2');
    expect(berlin.moment(Date.parse('2025-10-26T01:30Z'))).toBe('26 Oct 2025, 02:30 UTC+1');
    expect(berlin.moment(Date.parse('2025-10-25T00:30Z'))).toBe('25 Oct 2025, 02:30');
    expect(berlin.moment(Date.parse('2025-10-27T00:30Z'))).toBe('27 Oct 2025, 01:30');
    expect(new Zone('America/St_Johns').moment(Date.parse('2026-03-08T12:00Z'))).toBe('8 Mar 2026, 09:30 UTC−2:30');
  });
});

describe('the week', () => {
  it('knows which hours clocks told twice', () => {
    expect([...repeatedHours(hour('2025-10-20T00:00Z'), 24 * 14, berlin)]).toEqual([6 * 24 + 2]);
    expect(repeatedHours(hour('2026-03-20T00:00Z'), 24 * 14, berlin).size).toBe(0);
  });
});

describe('bars', () => {
  it('are hours where these have room', () => {
    expect([...bars('hour', 0, 5, 100, berlin).starts]).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('of hours keep the hour that clocks repeat apart', () => {
    const first = hour('2025-10-25T20:00Z');
    expect([...bars('hour', first, 8, 100, berlin).starts]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    // From 22:00: two, two, two that clocks call 02:00, and one after them.
    const { starts, hours } = bars('hour', first, 8, 5, berlin);
    expect(hours).toBe(2);
    for (let at = 1; at < starts.length; at++) expect(starts[at] - starts[at - 1]).toBeLessThanOrEqual(2);
    expect(starts[starts.length - 1]).toBe(8);
  });

  it('of days begin at local midnight, when the clocks change too', () => {
    const first = hour('2026-03-28T12:00Z');
    const { starts, hours } = bars('hour', first, 72, 4, berlin);
    expect(hours).toBe(24);
    // 28th from 13:00 (11 hours left), 29th of 23 hours, 30th of 24, and the rest.
    expect([...starts]).toEqual([0, 11, 34, 58, 72]);
  });

  it('never lose a step and never exceed the room by more than the edges', () => {
    for (const count of [1, 24, 500, 9000, 40_000]) {
      const { starts, hours } = bars('hour', 490_000, count, 100, berlin);
      expect(starts[0]).toBe(0);
      expect(starts[starts.length - 1]).toBe(count);
      expect(starts.length - 1, `${count} at ${hours}`).toBeLessThanOrEqual(103);
      for (let at = 1; at < starts.length; at++) expect(starts[at]).toBeGreaterThan(starts[at - 1]);
    }
  });

  it('of steps of a day put weeks together from Monday', () => {
    const first = Date.parse('2026-01-01T00:00Z') / 86_400_000;
    const { starts, hours } = bars('day', first, 30, 6, berlin);
    expect(hours).toBe(168);
    expect([...starts]).toEqual([0, 4, 11, 18, 25, 30]);
    expect(widthWords(hours)).toBe('week');
  });
});
