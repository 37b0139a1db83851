// What a filter leaves decides what is counted.

import { describe, expect, it } from 'vitest';
import { amount, measureOf, measuresWith } from '../src/data/measure';

const NAMES = [null, 'failed_login', 'connection', 'refused', 'login', 'request', 'found', 'ban', 'restore_ban', 'unban'];
const sums = (attempts: number[], events: number[]) => ({ attempts, events });

describe('measures', () => {
  const whole = sums([0, 70, 20, 0, 0, 9, 0, 0, 0, 0], [1, 90, 20, 4, 3, 500, 60, 7, 2, 5]);

  it('add up what rows count as', () => {
    const told = (name: string) => amount(measureOf(name), NAMES, whole);
    expect(told('attempts')).toBe(99);
    expect(told('failed_logins')).toBe(70);
    // Refused connections are no attempts, and connections all the same.
    expect(told('connections')).toBe(24);
    expect(told('logins')).toBe(3);
    expect(told('requests')).toBe(500);
    expect(told('found')).toBe(60);
    expect(told('events')).toBe(692);
  });

  it('begin with attempts, and where there are none with what there is', () => {
    expect(measuresWith(NAMES, whole)[0].name).toBe('attempts');
    const jail = sums(Array<number>(10).fill(0), [0, 0, 0, 0, 0, 0, 60, 7, 2, 5]);
    expect(measuresWith(NAMES, jail).map(({ name }) => name)).toEqual(['bans', 'found', 'events']);
    const web = sums(Array<number>(10).fill(0), [0, 0, 0, 0, 0, 12, 0, 0, 0, 0]);
    expect(measuresWith(NAMES, web).map(({ name }) => name)).toEqual(['requests', 'events']);
    expect(measuresWith(NAMES, sums(Array<number>(10).fill(0), Array<number>(10).fill(0)))).toEqual([]);
  });
});
