// A view survives the address bar.

import { describe, expect, it } from 'vitest';
import { plainView, readHash, writeHash } from '../src/state/hash';

const NAMES = new Set(['user_name', 'country_iso_code', 'url_path', 'fail2ban_jail']);

describe('the fragment', () => {
  it('is empty for the plain view', () => {
    expect(writeHash(plainView(), 'hour')).toBe('');
    expect(readHash('', 'hour', NAMES)).toEqual(plainView());
  });

  it.each(['hour', 'day'] as const)('gives back the view that it was made of, in steps of a %s', (step) => {
    const view = plainView();
    view.from = 20_451;
    view.to = 20_460;
    view.nearFrom = 20_000;
    view.nearTo = 21_000;
    view.filters = new Map([
      ['user_name', [null, '', 'root', '</script><script>alert(1)</script>', 'a&user_name=b#?%', '\u202eevil\u0000', '日本', '~none', '!user_name']],
      ['country_iso_code', ['NA', null]],
      ['url_path', ['/?q=%00&x=+ +']],
    ]);
    view.without = new Map([
      ['user_name', ['not.a&b', null, '!']],
      ['fail2ban_jail', ['sshd']],
    ]);
    view.measure = 'failed_logins';
    view.sheet = '2001:db8::/48 #2';
    view.sort = 'attempts';
    view.search = 'a b+c&d';
    view.page = 7;
    view.vsFrom = step === 'hour' ? 490_440 : 20_430;
    view.vsTo = step === 'hour' ? 490_460 : 20_440;
    view.stack = 'fail2ban_jail';
    expect(readHash(writeHash(view, step), step, NAMES)).toEqual(view);
  });

  it('tells what it doesn’t know, and drops it', () => {
    expect(readHash('#from=soon&to=2026-01-01T00&colour=red&page=-3&sort=<b>&stack=moon&page=x&!moon=', 'hour', NAMES)).toEqual({ ...plainView(), unknown: ['colour', '!moon'] });
    expect(readHash('#from=2026-01-02T00&to=2026-01-01T00', 'hour', NAMES)).toEqual(plainView());
  });

  it('tells hours and days as people do', () => {
    const view = { ...plainView(), from: 490_465, to: 490_466 };
    expect(decodeURIComponent(writeHash(view, 'hour'))).toBe('#from=2025-12-14T01&to=2025-12-14T02');
  });
});
