// Hours of the week in the report's zone.

import { useMemo } from 'preact/hooks';
import { hourOfWeek, localStart } from '../data/zone';
import type { Panel } from '../data/report';
import { useStore } from './context';
import { Box } from './panels';
import { number } from './text';

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

export function Heatmap({ panel }: { panel: Panel }) {
  const store = useStore();
  const { report } = store;
  const frame = store.frame.value;
  const places = useMemo(() => {
    const slots = new Uint8Array(report.steps);
    for (let place = 0; place < report.steps; place++) slots[place] = hourOfWeek(localStart(report.step, report.first + place, report.zone));
    return slots;
  }, [report]);
  const sums = new Float64Array(168);
  const [from, to] = frame.span ?? [0, report.steps];
  for (let place = from; place < to; place++) sums[places[place]] += report.cube.steps[place];
  const hourly = report.step === 'hour';
  const hours = hourly ? [...Array(24).keys()] : [0];
  const most = sums.reduce((best, value) => Math.max(best, value), 0);
  // The square root keeps quiet hours apart from silent ones when one hour is loud.
  const ramp = (value: number): string => (value === 0 ? 'transparent' : `var(--ramp-${Math.min(6, 1 + Math.floor(Math.sqrt(value / most) * 5.999))})`);
  return (
    <Box panel={{ ...panel, note: `attempts, local time of ${report.zone.name}${hourly ? '' : '; this report tells time by day'}` }}>
      <table class="heat">
        <caption class="unseen">{panel.title}: attempts by weekday and hour</caption>
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
                const value = sums[weekday * 24 + hour];
                return (
                  <td style={{ background: ramp(value) }} title={`${day} ${hourly ? `${String(hour).padStart(2, '0')}:00` : ''}: ${number(value)} attempts`}>
                    <span class="unseen">{number(value)}</span>
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
