// Words and shapes of the page that need no page.

import { describe, expect, it } from 'vitest';
import { bars, Zone } from '../src/data/zone';
import { sortable } from '../src/ui/order';
import { stack } from '../src/ui/stack';
import { duration, percent, visible } from '../src/ui/words';

describe('text of a log', () => {
  it('shows what steers', () => {
    expect(visible('a\u001b[31mb\u0007\u007f')).toBe('a␛[31mb␇␡');
    expect(visible('x\u202eexe.txt\u2066\u200b\ufeff')).toBe('x‹202E›exe.txt‹2066›‹200B›‹FEFF›');
    expect(visible('\ud800 \u{e0041}')).toBe('‹D800› ‹E0041›');
    expect(visible('<b> &amp; {{x}} ${y} 日本 😀')).toBe('<b> &amp; {{x}} ${y} 日本 😀');
  });
});

describe('numbers', () => {
  it('are told shortly', () => {
    expect(duration(7200)).toBe('2 h');
    expect(duration(90_061)).toBe('1 d 1 h');
    expect(duration(-1)).toBe('for good');
    expect(percent(1, 3000)).toBe('< 0.1 %');
    expect(percent(999, 1000)).toBe('99.9 %');
    expect(percent(0, 0)).toBe('–');
  });
});

describe('addresses', () => {
  it('sort as numbers, the old before the new', () => {
    const sorted = ['2001:db8::a', '203.0.113.10', '2001:db8::9', '203.0.113.9', '2001:db8:1::', '198.51.100.0/24 #2'].sort((one, other) => (sortable(one) < sortable(other) ? -1 : 1));
    expect(sorted).toEqual(['198.51.100.0/24 #2', '203.0.113.9', '203.0.113.10', '2001:db8::9', '2001:db8::a', '2001:db8:1::']);
  });
});

describe('a stack', () => {
  it('puts small names together and loses nothing', () => {
    const names = [null, 'a', 'b', 'c', 'd', 'e', 'f'];
    const stacked = new Float64Array(3 * 7).map((_, at) => at % 7);
    const drawn = stack(stacked, names, bars('hour', 0, 3, 10, new Zone('UTC')));
    expect(drawn.series.map(({ name }) => name)).toEqual(['f', 'e', 'd', 'c', '(other)']);
    expect(drawn.values.reduce((sum, value) => sum + value, 0)).toBe(63);
    expect(drawn.most).toBe(21);
    expect(drawn.series[4].total).toBe(9);
  });
});
