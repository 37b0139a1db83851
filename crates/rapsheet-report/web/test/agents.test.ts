import { describe, expect, it } from 'vitest';
import { families, family } from '../src/data/agents';
import { bytes } from '../src/ui/words';

const CHROME = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36';

describe('families of agents', () => {
  it('are those of browsers, of programs, and of nobody', () => {
    expect(family(CHROME)).toEqual({ browser: 'Chrome', os: 'Windows' });
    expect(family('Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1')).toEqual({ browser: 'Safari', os: 'iOS' });
    expect(family('Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0')).toEqual({ browser: 'Firefox', os: 'Linux' });
    expect(family('curl/8.1')).toEqual({ browser: 'curl', os: null });
    expect(family('python-requests/2.31').browser).toBe('python-requests');
    expect(family('-')).toEqual({ browser: null, os: null });
    expect(family('<script>alert(1)</script>').browser).toBe(null);
    expect(family('\u0000'.repeat(5000)).browser).toBe(null);
  });

  it('are the same for all versions, and need one look each', () => {
    const agents = [null, ...Array.from({ length: 5000 }, (_, at) => CHROME.replace('120', String(at)))];
    const told = families(agents, new Float64Array(5001).fill(1));
    expect(told[0]).toBe(null);
    expect(new Set(told.slice(1).map((one) => `${one?.browser} ${one?.os}`))).toEqual(new Set(['Chrome Windows']));
  });

  it('of rare forms are those that programs name themselves', () => {
    const agents = Array.from({ length: 1500 }, (_, at) => `${'abcdefghij'[at % 10]}${'klmnopqrst'[Math.floor(at / 10) % 10]}${'uvwxyzabcd'[Math.floor(at / 100) % 10]}${at >= 1000 ? 'x' : ''}tool/1`);
    const told = families(agents, new Float64Array(1500).fill(1));
    expect(told.every((one, at) => one?.browser === agents[at].split('/')[0])).toBe(true);
  });
});

describe('bytes', () => {
  it('are told in thousands', () => {
    expect([0, 999, 1000, 1234, 99_999, 999_600, 1_500_000_000].map(bytes)).toEqual(['0 B', '999 B', '1.0 kB', '1.2 kB', '100 kB', '1.0 MB', '1.5 GB']);
  });
});
