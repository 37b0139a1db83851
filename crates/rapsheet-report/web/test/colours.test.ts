import { describe, expect, it } from 'vitest';

import { OTHERS, PARTS, places } from '../src/ui/colours';

describe('colours', () => {
  it('of daemons are theirs, whatever else is there and however much', () => {
    const one = places([null, 'sshd', 'nginx'], [0, 1, 9]);
    const other = places([null, 'nginx', 'apache', 'sshd', 'dovecot'], [0, 1, 2, 3, 4]);
    expect(one[1]).toBe(other[3]);
    expect(one[2]).toBe(other[1]);
    expect(new Set(other.slice(1)).size).toBe(4);
  });

  it('differ for as many names as there are colours, the frequent first', () => {
    const names = [null, ...Array.from({ length: 40 }, (_, at) => `jail-${at}`), '(other)'];
    const totals = names.map((_, at) => (at * 7919) % 101);
    const found = places(names, totals);
    const frequent = [...names.keys()].slice(1, -1).sort((a, b) => totals[b] - totals[a]).slice(0, PARTS);
    expect(new Set(frequent.map((code) => found[code])).size).toBe(PARTS);
    expect(found[names.length - 1]).toBe(OTHERS);
  });
});
