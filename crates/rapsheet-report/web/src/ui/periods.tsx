// Gaps in time: where a log was read with another year, or one is missing, each period can be looked at for itself.

import { useMemo } from 'preact/hooks';
import { lastOf, periods } from '../data/periods';
import { placeStart } from '../data/report';
import type { Report } from '../data/report';
import { useStore } from './context';
import { several } from './text';

const WEEK = 168;
const MOST = 8;

/** Events of each step, whatever the filters. */
function eventsBySteps(report: Report): Float64Array {
  const sums = new Float64Array(report.steps);
  const { places, events } = report.cube.activity;
  for (let row = 0; row < places.length; row++) if (places[row] >= 0) sums[places[row]] += events[row];
  return sums;
}

/** `6 years`, `4 months`, `70 days`. */
function lengthWords(milliseconds: number): string {
  const days = Math.round(milliseconds / 86_400_000);
  if (days >= 700) return several(Math.round(days / 365.25), 'year', 'years');
  if (days >= 90) return several(Math.round(days / 30.4), 'month', 'months');
  return several(days, 'day', 'days');
}

export function Periods() {
  const store = useStore();
  const { report } = store;
  const stepHours = report.step === 'hour' ? 1 : 24;
  const found = useMemo(() => periods(eventsBySteps(report), stepHours), [report]);
  if (found.length < 2) return null;
  const assumed = report.meta.assumed.some(({ kind }) => kind === 'years');
  const span = store.span.value;
  const day = (place: number): string => report.zone.day(placeStart(report, place));
  const show = (from: number, to: number): void => {
    const same = span?.[0] === from && span[1] === to;
    const near = [report.first + from, report.first + to] as const;
    if (same) store.change({ from: null, to: null, nearFrom: null, nearTo: null, page: 1 });
    else store.change({ from: near[0], to: near[1], nearFrom: near[0], nearTo: near[1], page: 1 });
  };
  return (
    <div class="periods" role="group" aria-label="Periods with events">
      <p>
        {several(found.length, 'period', 'periods')} with events, far apart
        {assumed ? <>: years were assumed, and <code>--year</code> overrides a wrong guess</> : null}.
      </p>
      <ol>
        {found.slice(0, MOST).map((period, at) => {
          const before = found[at - 1];
          const [from, to] = lastOf(period, WEEK, stepHours);
          const isOn = span?.[0] === period.from && span[1] === period.to;
          return (
            <li key={period.from}>
              {before ? <span class="soft gap">nothing for {lengthWords(placeStart(report, period.from) - placeStart(report, before.to))}</span> : null}
              <button type="button" class="quiet" aria-pressed={isOn} onClick={() => show(period.from, period.to)}>
                {day(period.from)}{period.to - period.from > 24 / stepHours ? ` – ${day(period.to - 1)}` : ''}
              </button>
              <span class="soft">{several(period.events, 'event', 'events')}</span>
              {from > period.from ? <button type="button" class="quiet" aria-pressed={span?.[0] === from && span[1] === to} onClick={() => show(from, to)}>its last 7 days</button> : null}
            </li>
          );
        })}
        {found.length > MOST ? <li class="soft">and {found.length - MOST} more</li> : null}
      </ol>
    </div>
  );
}
