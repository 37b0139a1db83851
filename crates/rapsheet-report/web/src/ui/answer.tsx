// The answer first: did anyone get in; then how many, since when, and how far this can be trusted.

import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { placeStart } from '../data/report';
import { useStore } from './context';
import { AddressLink } from './panels';
import { compact, number, Sentence, several } from './text';

const NAMED = 5;

interface Entry {
  row: number;
  severity: string;
}

export function Answer() {
  const store = useStore();
  const { report } = store;
  const frame = store.frame.value;
  const findings = report.tables.get('findings');
  const all = useMemo(() => {
    const entries: Entry[] = [];
    if (!findings) return entries;
    for (let row = 0; row < findings.rows; row++) {
      const kind = findings.text('kind', row);
      if (kind === 'got_in' || kind === 'got_in_network') entries.push({ row, severity: findings.text('severity', row) ?? 'notice' });
    }
    return entries;
  }, [findings]);
  const inView = new Set(frame.findings);
  const grave = (entry: Entry): boolean => entry.severity !== 'notice';
  const shown = all.filter((entry) => grave(entry) && inView.has(entry.row));
  const mistyped = all.filter((entry) => !grave(entry) && inView.has(entry.row)).length;
  const whole = all.filter(grave).length;
  const critical = shown.some((entry) => entry.severity === 'critical');
  const coverage = report.tables.get('coverage');
  // Datasets of the category authentication end in `.auth`.
  const hasLogins = Array.from({ length: coverage?.rows ?? 0 }).some((_, row) =>
    (coverage?.text('event_dataset', row) ?? '').split(', ').some((dataset) => dataset.endsWith('.auth')),
  );
  const unread = Array.from({ length: coverage?.rows ?? 0 }).reduce<number>((sum, _, row) => sum + (coverage?.number('unread_logins', row) ?? 0), 0);
  // What else nobody may call good: logins from new places, and secrets that were handed out.
  const elsewhere = frame.findings.filter((row) => {
    const told = findings?.text('kind', row);
    return (told === 'new_place' || told === 'probed_secret_answered' || told === 'attack_answered') && findings?.text('severity', row) === 'critical';
  }).length;
  const where = frame.filtered ? ' in this view' : '';
  let words: ComponentChildren;
  let kind = 'good';
  if (shown.length) {
    kind = critical ? 'bad' : 'warn';
    words = critical
      ? `${several(shown.length, 'address', 'addresses')} got in after failures${where}.`
      : `${several(shown.length, 'login looks', 'logins look')} suspicious${where}.`;
  } else if (!hasLogins) {
    kind = 'unsure';
    words = 'No login was read, so whether anyone got in is not known.';
  } else if (unread > 0) {
    kind = 'unsure';
    words = `Whether anyone got in is not known: ${several(unread, 'line that was not read tells', 'lines that were not read tell')} of logins.`;
  } else {
    words = `Nobody got in after failures${where}.`;
    if (elsewhere > 0) {
      kind = 'warn';
      words = `Nobody got in after failures${where}, but ${several(elsewhere, 'finding below is', 'findings below are')} as grave.`;
    }
    if (frame.filtered && whole > 0) kind = 'unsure';
  }
  return (
    <section class={`answer ${kind}`} aria-labelledby="answer">
      <h2 id="answer">{words}</h2>
      {shown.length ? (
        <ul>
          {shown.slice(0, NAMED).map(({ row }) => {
            const address = findings?.number('address', row) ?? null;
            const at = findings?.number('timestamp', row) ?? null;
            return (
              <li key={row}>
                {address === null ? null : <AddressLink address={address} />} <Sentence text={findings?.text('statement', row) ?? ''} />
                {at === null ? null : <span class="soft"> · {report.zone.minute(at)}</span>}
              </li>
            );
          })}
          {shown.length > NAMED ? <li class="soft">and {number(shown.length - NAMED)} more among the findings</li> : null}
        </ul>
      ) : null}
      {frame.filtered && shown.length < whole ? (
        <p class="soft">In the whole report: {several(whole, 'such login', 'such logins')}.</p>
      ) : null}
      {mistyped ? <p class="soft">{several(mistyped, 'more login', 'more logins')} after one or two failures: mistyped passwords, most likely.</p> : null}
    </section>
  );
}

export function Totals() {
  const store = useStore();
  const { report } = store;
  const { totals, span, attempts } = store.frame.value;
  const [from, to] = span ?? [0, report.steps];
  const days = (placeStart(report, to) - placeStart(report, from)) / 86_400_000;
  const daily = report.steps && days >= 1 ? totals.attempts / days : 0;
  // Host names without an address try too; the terminal's summary counts attempts of addresses.
  const nameless = attempts[report.addresses.rows];
  // A line that repeats an attempt is counted without the name that the first line had.
  const named = store.filters.value.has('user_name');
  const cells: { key: string; value: string; exact: number; words: string; more?: string }[] = [
    { key: 'attempts', value: compact(totals.attempts), exact: totals.attempts, words: totals.attempts === 1 ? 'attempt' : 'attempts', more: nameless ? `${compact(nameless)} without a row below` : daily >= 1 ? `${compact(Math.round(daily))} a day` : undefined },
    { key: 'attackers', value: compact(totals.attackers), exact: totals.attackers, words: totals.attackers === 1 ? 'address tried' : 'addresses tried', more: `of ${compact(totals.addresses)} seen` },
    { key: 'countries', value: compact(totals.countries), exact: totals.countries, words: totals.countries === 1 ? 'country' : 'countries', more: 'they tried from' },
    { key: 'bans', value: compact(totals.bans), exact: totals.bans, words: totals.bans === 1 ? 'ban' : 'bans', more: 'restored ones too' },
    { key: 'logins', value: compact(totals.logins), exact: totals.logins, words: totals.logins === 1 ? 'login' : 'logins', more: 'that succeeded' },
    { key: 'events', value: compact(totals.events), exact: totals.events, words: totals.events === 1 ? 'event' : 'events', more: named ? 'without lines that repeat an attempt' : 'read' },
  ];
  return (
    <dl class="totals" aria-label="Totals of this view">
      {cells.map((cell) => (
        <div key={cell.key} data-total={cell.key} data-value={cell.exact}>
          <dt>{cell.words}</dt>
          <dd title={number(cell.exact)}>{cell.value}</dd>
          <dd class="soft">{cell.more}</dd>
        </div>
      ))}
    </dl>
  );
}
