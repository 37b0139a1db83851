// Hours of the week in the report's zone. A cell filters the page to its hour.

import { useMemo, useRef, useState } from 'preact/hooks';
import { DAYS, repeatedHours } from '../data/zone';
import type { Panel } from '../data/report';
import { useStore } from './context';
import { Box } from './panels';
import { number, several } from './text';

export function Heatmap({ panel }: { panel: Panel }) {
  const store = useStore();
  const { report } = store;
  const { measure } = store.frame.value;
  const counts = report.cube.counts(panel.by);
  const names = report.cube.dimensions.get(panel.by)?.names;
  const labels = report.labels.get(panel.by);
  const table = useRef<HTMLTableElement>(null);
  // One cell is reached by Tab and the others by arrows, so that nobody has to tab through a week.
  const [focused, setFocused] = useState(0);
  const repeated = useMemo(() => (report.step === 'hour' ? repeatedHours(report.first, report.steps, report.zone) : new Set<number>()), [report]);
  if (!counts || !names) return null;
  const sums = counts.values;
  const hourly = report.step === 'hour';
  const hours = hourly ? [...Array(24).keys()] : [0];
  const wide = hours.length;
  const most = sums.reduce((best, value) => Math.max(best, value), 0);
  // The square root keeps quiet hours apart from silent ones when one hour is loud.
  const ramp = (value: number): string => (value === 0 ? 'transparent' : `var(--ramp-${Math.min(6, 1 + Math.floor(Math.sqrt(value / most) * 5.999))})`);
  const go = (event: KeyboardEvent, cell: number): void => {
    const [day, hour] = [Math.floor(cell / wide), cell % wide];
    const ways: Record<string, number> = {
      ArrowLeft: hour > 0 ? cell - 1 : cell,
      ArrowRight: hour < wide - 1 ? cell + 1 : cell,
      ArrowUp: day > 0 ? cell - wide : cell,
      ArrowDown: day < 6 ? cell + wide : cell,
      Home: day * wide,
      End: day * wide + wide - 1,
    };
    const next = ways[event.key];
    if (next === undefined) return;
    event.preventDefault();
    setFocused(next);
    table.current?.querySelectorAll<HTMLButtonElement>('.cell')[next]?.focus();
  };
  return (
    <Box measured panel={{ ...panel, note: `local time of ${report.zone.name}${hourly ? '' : '; this report tells time by day'}` }}>
      <table class="heat" ref={table}>
        <caption class="unseen">{panel.title}: {measure.more} by weekday and hour; arrow keys go from cell to cell</caption>
        <thead>
          <tr>
            <td />
            {hours.map((hour) => (
              <th scope="col"><span class={hour % 6 === 0 ? '' : 'unseen'}>{hourly ? String(hour).padStart(2, '0') : 'all day'}</span></th>
            ))}
          </tr>
        </thead>
        <tbody>
          {DAYS.map((day, weekday) => (
            <tr>
              <th scope="row"><abbr title={day}>{day.slice(0, 2)}</abbr></th>
              {hours.map((hour) => {
                const cell = weekday * wide + hour;
                const value = sums[cell + 1];
                const words = `${labels?.[cell + 1] ?? day}: ${several(value, measure.one, measure.more)}${repeated.has(cell) ? ', an hour that clocks told twice among them' : ''}`;
                return (
                  <td>
                    <button
                      type="button"
                      class="cell"
                      data-value={value}
                      style={{ background: ramp(value) }}
                      tabIndex={cell === focused ? 0 : -1}
                      aria-pressed={store.has(panel.by, names[cell + 1])}
                      aria-label={words}
                      title={words}
                      onClick={() => {
                        setFocused(cell);
                        store.toggle(panel.by, names[cell + 1]);
                      }}
                      onKeyDown={(event) => go(event, cell)}
                    />
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      <p class="note scale" aria-hidden="true">
        none <i />{[1, 2, 3, 4, 5, 6].map((step) => <i style={{ background: `var(--ramp-${step})` }} />)} {number(most)}
      </p>
    </Box>
  );
}
