// Periods of time with events, between gaps so long that a year was guessed wrong, or a log is missing.

/** A gap that is shorter parts nothing. */
const LEAST_GAP_DAYS = 60;

/** Steps with events, the end left out. */
export interface Period {
  from: number;
  to: number;
  events: number;
}

/**
 * Parts steps by long gaps: two months at least, and longer than what lies on one side of it, so that a server that was quiet for a
 * summer stays one.
 */
export function periods(events: ArrayLike<number>, stepHours: number): Period[] {
  const found: Period[] = [];
  const least = (LEAST_GAP_DAYS * 24) / stepHours;
  for (let step = 0; step < events.length; step++) {
    if (!(events[step] > 0)) continue;
    const last = found.at(-1);
    if (last && step - last.to < least) {
      last.to = step + 1;
      last.events += events[step];
    } else {
      found.push({ from: step, to: step + 1, events: events[step] });
    }
  }
  const parted: Period[] = [];
  for (const period of found) {
    const last = parted.at(-1);
    const gap = last ? period.from - last.to : 0;
    if (last && gap < Math.min(last.to - last.from, period.to - period.from)) {
      last.to = period.to;
      last.events += period.events;
    } else {
      parted.push({ ...period });
    }
  }
  return parted;
}

/** The last steps of a period: as many as so many hours are. */
export function lastOf({ from, to }: Period, hours: number, stepHours: number): [number, number] {
  return [Math.max(from, to - Math.max(1, Math.round(hours / stepHours))), to];
}
