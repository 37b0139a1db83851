// Two periods beside each other: totals, countries, systems, users and paths as differences. The second period has a brush of its
// own; filters hold for both.

import { largest } from '../data/cube';
import type { Counts } from '../data/cube';
import { placeStart } from '../data/report';
import { second } from '../state/second';
import type { Total } from '../state/view';
import { placeWords } from './chart';
import { useStore, WORDS } from './context';
import { compact, duration, number, percent } from './text';
import { Value } from './value';

const FEW = 8;
const LISTS = ['country_iso_code', 'traits_autonomous_system_number', 'user_name', 'url_path'];

/** A difference with its sign. */
export function signed(value: number): string {
  return value > 0 ? `+${number(value)}` : value < 0 ? `−${number(-value)}` : '0';
}

/** What became of a number, in words: `+12 %`, `×3.1`, `new`, `gone`. */
export function change(now: number, before: number): string {
  if (now === before) return 'same';
  if (before === 0) return 'new';
  if (now === 0) return 'gone';
  if (now >= 2 * before) return `×${(now / before).toFixed(now < 10 * before ? 1 : 0)}`;
  return `${now > before ? '+' : '−'}${percent(Math.abs(now - before), before)}`;
}

/** The codes whose numbers differ most, the most first. */
export function mostChanged(now: Counts['values'], before: Counts['values'], most: number): number[] {
  return largest(Float64Array.from(now, (value, code) => Math.abs(value - before[code])), most, (code) => code === 0);
}

/** How many of something that may be more than the page lists. */
function amountOf(total: number | Total): number {
  return typeof total === 'number' ? total : total.count;
}

function Cells({ now, before }: { now: number; before: number }) {
  return (
    <>
      <td class="number" title={number(now)}>{compact(now)}</td>
      <td class="number" title={number(before)}>{compact(before)}</td>
      <td class="number">{signed(now - before)}</td>
      <td class="number soft">{change(now, before)}</td>
    </>
  );
}

function Head({ what }: { what: string }) {
  return (
    <thead>
      <tr>
        <th scope="col">{what}</th>
        <th scope="col" class="number">first</th>
        <th scope="col" class="number">second</th>
        <th scope="col" class="number">difference</th>
        <th scope="col" class="number"><span class="unseen">change</span></th>
      </tr>
    </thead>
  );
}

export function Compare() {
  const store = useStore();
  const { report } = store;
  const frame = store.frame.value;
  const other = store.other.value;
  if (!other) return null;
  const { frame: before, cube } = second(report, other, { filters: store.filters.value, without: store.without.value }, frame.measure);
  const span = frame.span ?? [0, report.steps];
  const words = ([from, to]: readonly [number, number]): string => `${placeWords(report, from)} – ${placeWords(report, report.step === 'day' ? to - 1 : to)}`;
  const seconds = ([from, to]: readonly [number, number]): number => (placeStart(report, to) - placeStart(report, from)) / 1000;
  const [long, longBefore] = [seconds(span), seconds(other)];
  const totals = [
    ['attempts', 'attempts'],
    ['attackers', 'addresses'],
    ['countries', 'countries'],
    ['bans', 'bans'],
    ['logins', 'logins'],
    ['events', 'events'],
  ] as const;
  return (
    <section class="compare" aria-labelledby="compare">
      <div class="row">
        <h2 id="compare">Two periods compared</h2>
        <button type="button" class="quiet" onClick={() => store.versus(null, true)}>Stop comparing</button>
      </div>
      <p class="note">
        First: {words(span)}. <span class="second-mark">Second: {words(other)}.</span>{' '}
        {Math.abs(long - longBefore) > 3600 ? `They are not equally long, ${duration(long)} and ${duration(longBefore)}: the numbers are plain counts.` : ''}
      </p>
      <div class="columns">
        <div>
          <table class="plain small">
            <caption class="unseen">Totals of both periods</caption>
            <Head what="total" />
            <tbody>
              {totals.map(([key, text]) => (
                <tr key={key} data-compared={key}>
                  <th scope="row">{text}</th>
                  <Cells now={amountOf(frame.totals[key])} before={amountOf(before.totals[key])} />
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {LISTS.map((dimension) => {
          const [now, then] = [report.cube.counts(dimension)?.values, cube.counts(dimension)?.values];
          const names = report.cube.dimensions.get(dimension)?.names;
          if (!now || !then || !names || names.length < 2) return null;
          const codes = mostChanged(now, then, FEW);
          return (
            <div key={dimension}>
              <table class="plain small">
                <caption class="unseen">{WORDS[dimension]}: {frame.measure.more} of both periods, the largest differences first</caption>
                <Head what={WORDS[dimension].toLowerCase()} />
                <tbody>
                  {codes.map((code) => (
                    <tr key={code}>
                      <th scope="row"><Value dimension={dimension} value={names[code]} /></th>
                      <Cells now={now[code]} before={then[code]} />
                    </tr>
                  ))}
                </tbody>
              </table>
              {codes.length ? null : <p class="empty">No difference.</p>}
            </div>
          );
        })}
      </div>
    </section>
  );
}
