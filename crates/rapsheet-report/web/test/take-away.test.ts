import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { anonymousKind } from '../src/data/anonymous';
import { asCsv, asList, asNftables, canAsk, command, select, shellWord, sqlText } from '../src/data/take-away';
import type { Report } from '../src/data/report';

const report = { step: 'hour', first: 490_000, meta: { arguments: ['--timezone=UTC', "/var/log/o'hara"] } } as unknown as Report;
const view = (filters: [string, (string | null)[]][], without: [string, (string | null)[]][] = []) => ({ filters: new Map(filters), without: new Map(without) });

describe('what is taken away', () => {
  it('is a list, a table without formulas, and a set of each family', () => {
    expect(asList(['192.0.2.1', '2001:db8::1'])).toBe('192.0.2.1\n2001:db8::1\n');
    expect(asCsv(['a', 'b'], [['=1+1', 'x "y", z'], ['plain', '']])).toBe('a,b\n\'=1+1,"x ""y"", z"\nplain,\n');
    const sets = asNftables(['192.0.2.1', '192.0.2.0/24 #3', '2001:db8::1', '192.0.2.9']);
    expect(sets).toContain('add set inet rapsheet addresses4 { type ipv4_addr; }\nadd element inet rapsheet addresses4 {\n    192.0.2.1,\n    192.0.2.9\n}\n');
    expect(sets).toContain('type ipv6_addr');
    expect(sets).not.toContain('#3');
    expect(asNftables(['192.0.2.1'])).not.toContain('ipv6');
  });

  it('quotes what attackers chose', () => {
    expect(sqlText("o'hara")).toBe("'o''hara'");
    expect(sqlText('')).toBe("''");
    expect(sqlText('a\u001b[201~\nrm')).toBe("'a' || chr(27) || '[201~' || chr(10) || 'rm'");
    expect(sqlText('\u202e')).toBe('chr(8238)');
    expect(shellWord("a'b $(x)")).toBe("'a'\\''b $(x)'");
    expect(shellWord('/var/log/auth.log')).toBe('/var/log/auth.log');
    expect(command(report, view([['user_name', ["'; rm -rf ~ #"]]]), null)).toBe(
      `rapsheet sql 'SELECT a.source_ip, sum(a.attempts) AS attempts, sum(a.events) AS events FROM activity AS a WHERE a.source_ip IS NOT NULL AND a.user_name = '\\'''\\'''\\''; rm -rf ~ #'\\'' GROUP BY a.source_ip ORDER BY attempts DESC, a.source_ip' --timezone=UTC '/var/log/o'\\''hara'`,
    );
  });

  it('asks for what the view shows', () => {
    const asked = select(report, view([['country_iso_code', ['NL', null]], ['hour_of_week', ['Tue 03']]], [['host_name', ['web1']]]), [2, 5]);
    expect(asked).toContain("(d.country_iso_code = 'NL' OR d.country_iso_code IS NULL)");
    expect(asked).toContain('(a.weekday = 2 AND a.hour_of_day = 3)');
    expect(asked).toContain("(a.host_name = 'web1') IS NOT TRUE");
    expect(asked).toContain("a.hour >= TIMESTAMP '2025-11-24T18:00:00Z' AND a.hour < TIMESTAMP '2025-11-24T21:00:00Z'");
    expect(canAsk(report, view([['user_name', ['(other)']]]), null, '(other)')).toBe(false);
    expect(canAsk(report, view([['browser', ['Firefox']]]), null, '(other)')).toBe(false);
    expect(canAsk(report, view([['http_referrer', ['example.org']], ['hour_of_week', ['Mon 01']]]), null, '(other)')).toBe(false);
    expect(canAsk(report, view([['user_name', ['root']]]), null, '(other)')).toBe(true);
    const requests = select(report, view([['http_response_status_code', ['404']]]), [2, 5]);
    expect(requests).toContain('count(*) AS events FROM events AS a WHERE');
    expect(requests).toContain("a.timestamp >= TIMESTAMP '2025-11-24T18:00:00Z'");
  });

  it('knows anonymity as the table of addresses does', () => {
    const file = readFileSync(new URL('../../../rapsheet-query/queries/report/addresses.sql', import.meta.url), 'utf8');
    const told = /CASE\s+WHEN d\.traits_is_tor[^]*?END(?= AS anonymous_kind)/.exec(file)?.[0].replace(/\s+/g, ' ');
    expect(anonymousKind).toBe(told);
  });
});
