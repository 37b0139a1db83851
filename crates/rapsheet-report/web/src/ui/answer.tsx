// The answer first: did anyone get in. Three questions, each with its ground; then how many, since when, and how far this can be
// trusted.

import type { ComponentChildren } from 'preact';
import { placeStart } from '../data/report';
import type { Report, Verdict } from '../data/report';
import type { Frame, Total } from '../state/view';
import { useStore } from './context';
import { AddressLink } from './panels';
import { compact, number, Sentence, several } from './text';
import { bytes } from './words';

const NAMED = 3;
const TITLES: Readonly<Record<string, string>> = { after_failures: 'After failures', new_place: 'From a new place', handed_out: 'Handed out' };

/** One question's answer for a view. */
interface Part {
  question: string;
  answer: Verdict['answer'];
  ground: string;
  /** Rows of findings that say so. */
  rows: number[];
}

/** Answers the three questions by the findings of a view; what nobody knows of the whole report nobody knows of a part of it. */
export function answers(report: Report, frame: Frame): Part[] {
  const findings = report.tables.get('findings');
  const questions = findings?.codes('question');
  return report.meta.verdict.map(({ question, answer, ground }) => {
    const grave = [...frame.findings].filter((row) => questions?.names[questions.codes[row]] === question && findings?.text('severity', row) !== 'notice');
    const critical = grave.filter((row) => findings?.text('severity', row) === 'critical');
    if (!frame.filtered) return { question, answer, ground, rows: critical.length ? critical : grave };
    if (critical.length) return { question, answer: 'yes', ground: `${several(critical.length, 'finding', 'findings')} in this view.`, rows: critical };
    if (grave.length) return { question, answer: 'look', ground: `${several(grave.length, 'finding', 'findings')} in this view.`, rows: grave };
    const elsewhere = answer === 'yes' || answer === 'look';
    return { question, answer: elsewhere ? 'no' : answer, ground: elsewhere ? 'Not in this view, but elsewhere in the report.' : ground, rows: [] };
  });
}

/** The sentence above all, and its colour. */
function headline(parts: Part[], where: string): [kind: string, words: string] {
  const [after, place, handed] = ['after_failures', 'new_place', 'handed_out'].map((question) => parts.find((part) => part.question === question));
  if (after?.answer === 'yes') return ['bad', `${several(after.rows.length, 'address', 'addresses')} got in after failures${where}.`];
  if (place?.answer === 'yes') return ['bad', `Somebody got in from a new place, as with a stolen password${where}.`];
  if (handed?.answer === 'yes') return ['bad', `The web server handed out what it should keep${where}.`];
  if (after?.answer === 'look') return ['warn', `${several(after.rows.length, 'login looks', 'logins look')} suspicious${where}.`];
  if (place?.answer === 'look') return ['warn', `${several(place.rows.length, 'login', 'logins')} from a new place: have a look${where}.`];
  if (handed?.answer === 'look') return ['warn', `The web server may have handed something out: have a look${where}.`];
  if (!after || after.answer === 'not known') return ['unsure', 'Whether anyone got in is not known.'];
  const known = [place, handed].every((part) => part?.answer === 'no');
  return [known ? 'good' : 'plain', `No sign that anyone got in${where}${known ? '' : ', as far as these logs tell'}.`];
}

export function Answer() {
  const store = useStore();
  const { report } = store;
  const frame = store.frame.value;
  const where = frame.filtered ? ' in this view' : '';
  const parts = answers(report, frame);
  const [kind, words] = headline(parts, where);
  return (
    <section class={`answer ${kind}`} aria-labelledby="answer">
      <h2 id="answer">{words}</h2>
      <dl class="verdicts">
        {parts.map(({ question, answer, ground, rows }) => (
          <div key={question} data-question={question} data-answer={answer}>
            <dt>{TITLES[question] ?? question}</dt>
            <dd><strong class={{ yes: 'is-bad', look: 'is-warn', no: 'is-good' }[answer as string] ?? 'soft'}>{answer}</strong></dd>
            <dd>{rows.length ? <Grounds rows={rows} /> : <Sentence text={ground} />}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** The findings that an answer stands on. */
function Grounds({ rows }: { rows: number[] }) {
  const { report } = useStore();
  const findings = report.tables.get('findings');
  return (
    <ul>
      {rows.slice(0, NAMED).map((row) => {
        const address = findings?.number('address', row) ?? null;
        const at = findings?.number('timestamp', row) ?? null;
        return (
          <li key={row}>
            {address === null ? null : <AddressLink address={address} />} <Sentence text={findings?.text('statement', row) ?? ''} />
            {at === null ? null : <span class="soft"> · {report.zone.minute(at)}</span>}
          </li>
        );
      })}
      {rows.length > NAMED ? <li class="soft">and {number(rows.length - NAMED)} more among the findings</li> : null}
    </ul>
  );
}

/** A number as far as there is room for all of it. */
function exactly(value: number): string {
  return value < 1_000_000 ? number(value) : compact(value);
}

/** How many there are, and behind it how many of them are listed. */
function told({ count, listed, exact }: Total): ComponentChildren {
  return (
    <>
      {exact ? '' : '≥ '}{exactly(count)}
      {listed < count ? <span class="listed"> ({exactly(listed)} listed)</span> : null}
    </>
  );
}

interface Cell {
  key: string;
  value: ComponentChildren;
  exact: number;
  words: string;
  more?: string;
}

export function Totals() {
  const store = useStore();
  const { report } = store;
  const frame = store.frame.value;
  const { totals, span, attempts, ofAddresses } = frame;
  const [from, to] = span ?? [0, report.steps];
  const days = (placeStart(report, to) - placeStart(report, from)) / 86_400_000;
  const daily = report.steps && days >= 1 ? totals.attempts / days : 0;
  // Host names without an address try too; the terminal's summary counts attempts of addresses.
  const nameless = attempts[report.counted];
  // A line that repeats an attempt is counted without the name that the first line had.
  const named = store.filters.value.has('user_name') || store.without.value.has('user_name');
  const fresh = totals.bans.listed - totals.restored;
  const bans = totals.restored ? `${exactly(fresh)} new, ${exactly(totals.restored)} restored` : 'new ones';
  const hidden = report.meta.cut.find(({ table }) => table === 'addresses');
  const seen = hidden && !frame.filtered ? hidden.all : totals.addresses;
  const cells: Cell[] = [
    { key: 'attempts', value: exactly(totals.attempts), exact: totals.attempts, words: totals.attempts === 1 ? 'attempt' : 'attempts', more: nameless ? `${exactly(nameless)} of no address here` : daily >= 1 ? `${exactly(Math.round(daily))} a day` : undefined },
    { key: 'attackers', value: exactly(totals.attackers), exact: totals.attackers, words: totals.attackers === 1 ? 'address tried' : 'addresses tried', more: `of ${exactly(seen)} seen${frame.measure.name === 'attempts' || frame.measure.name === 'events' ? '' : `, ${exactly(totals.measured)} ${frame.measure.verb}`}` },
    { key: 'countries', value: exactly(totals.countries), exact: totals.countries, words: totals.countries === 1 ? 'country' : 'countries', more: 'they tried from' },
    { key: 'bans', value: told(totals.bans), exact: totals.bans.count, words: totals.bans.count === 1 ? 'ban' : 'bans', more: ofAddresses.bans.length ? `of these addresses: ${bans}` : bans },
    { key: 'logins', value: told(totals.logins), exact: totals.logins.count, words: totals.logins.count === 1 ? 'login' : 'logins', more: ofAddresses.logins.length ? 'of these addresses' : 'that succeeded' },
    { key: 'events', value: exactly(totals.events), exact: totals.events, words: totals.events === 1 ? 'event' : 'events', more: named ? 'without lines that repeat an attempt' : totals.requests ? `${several(totals.requests, 'web request', 'web requests')}, ${bytes(totals.bytes)}` : 'read' },
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
