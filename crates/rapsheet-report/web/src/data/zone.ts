// Time as the report tells it: steps of an hour (UTC) or a day (the report's zone), put into bars that are as wide as the
// reader's screen has room for, and into the hours of the week.

export type Step = 'hour' | 'day';

const HOUR = 3_600_000;
const DAY = 86_400_000;

/**
 * Tells local time from UTC. One question to Intl for each day, two where the clocks change; where the browser doesn't know the
 * zone by its name, the report's own list of offsets answers.
 */
export class Zone {
  readonly name: string;
  /** From when clocks are how far ahead of UTC, in milliseconds; null where the browser knows. */
  private readonly offsets: readonly (readonly [number, number])[] | null;
  private readonly parts: Intl.DateTimeFormat;
  private readonly ofDay = new Map<number, number | null>();
  private readonly formats = new Map<string, Intl.DateTimeFormat>();

  constructor(name: string, offsets: readonly (readonly [number, number])[] = []) {
    const browserKnows = known(name);
    this.offsets = browserKnows || offsets.length === 0 ? null : offsets.map(([from, ahead]) => [from * 1000, ahead * 1000] as const);
    this.name = browserKnows || this.offsets ? name : 'UTC';
    this.parts = new Intl.DateTimeFormat('en-US', {
      timeZone: browserKnows ? name : 'UTC', hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
    });
  }

  private ask(at: number): number {
    const part: Record<string, number> = {};
    for (const { type, value } of this.parts.formatToParts(at)) part[type] = Number(value);
    const local = Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
    return local - Math.floor(at / 1000) * 1000;
  }

  /** Milliseconds that local time is ahead of UTC. */
  offset(at: number): number {
    if (this.offsets) return (this.offsets.findLast(([from]) => from <= at) ?? this.offsets[0])[1];
    const day = Math.floor(at / DAY);
    let offset = this.ofDay.get(day);
    if (offset === undefined) {
      const first = this.ask(day * DAY);
      offset = first === this.ask(day * DAY + DAY - 1000) ? first : null;
      this.ofDay.set(day, offset);
    }
    return offset ?? this.ask(at);
  }

  /** Local time as if it were UTC, for arithmetic on days and hours. */
  local(at: number): number {
    return at + this.offset(at);
  }

  private format(kind: string, options: Intl.DateTimeFormatOptions, at: number): string {
    let format = this.formats.get(kind);
    if (!format) {
      format = new Intl.DateTimeFormat('en-GB', { timeZone: this.offsets ? 'UTC' : this.name, ...options });
      this.formats.set(kind, format);
    }
    return format.format(this.offsets ? this.local(at) : at);
  }

  /** `29 Dec 2025, 21:05`. */
  minute(at: number): string {
    return this.format('minute', { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' }, at);
  }

  /** `26 Oct 2025, 02:05`, and on a day on which clocks change also how far they are ahead: `26 Oct 2025, 02:05 UTC+1`. */
  moment(at: number): string {
    const ahead = this.offset(at);
    const noon = Math.floor((at + ahead) / DAY) * DAY + DAY / 2 - ahead;
    // From half an hour before the day to its end.
    if (this.offset(noon - DAY / 2 - HOUR / 2) === this.offset(noon + DAY / 2)) return this.minute(at);
    const minutes = Math.abs(ahead) / 60_000;
    const parts = [Math.floor(minutes / 60), ...(minutes % 60 ? [String(minutes % 60).padStart(2, '0')] : [])];
    return `${this.minute(at)} UTC${ahead < 0 ? '−' : '+'}${parts.join(':')}`;
  }

  /** `21:05`. */
  clock(at: number): string {
    return this.format('clock', { hour: '2-digit', minute: '2-digit' }, at);
  }

  /** `29 Dec 2025, 21:05:07`. */
  second(at: number): string {
    return this.format('second', { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' }, at);
  }

  /** `29 Dec 2025`. */
  day(at: number): string {
    return this.format('day', { day: 'numeric', month: 'short', year: 'numeric' }, at);
  }

  /** `29 Dec`. */
  shortDay(at: number): string {
    return this.format('short', { day: 'numeric', month: 'short' }, at);
  }

  /** `Dec 2025`. */
  month(at: number): string {
    return this.format('month', { month: 'short', year: 'numeric' }, at);
  }
}

function known(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** When a step begins. A step of a day is the day's name, so it has no zone. */
export function stepStart(step: Step, number: number): number {
  return step === 'hour' ? number * HOUR : number * DAY;
}

/** The step that a time falls into. */
export function stepOf(step: Step, at: number, zone: Zone): number {
  return step === 'hour' ? Math.floor(at / HOUR) : Math.floor(zone.local(at) / DAY);
}

/** Local time of a step's begin, as if it were UTC. */
export function localStart(step: Step, number: number, zone: Zone): number {
  return step === 'hour' ? zone.local(number * HOUR) : number * DAY;
}

/** Place in the week, Monday's first hour being 0. */
export function hourOfWeek(local: number): number {
  const days = Math.floor(local / DAY);
  const weekday = (((days + 3) % 7) + 7) % 7;
  return weekday * 24 + Math.floor((local - days * DAY) / HOUR);
}

export const DAYS: readonly string[] = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** Short and long names of each place in the week, as links and readers name them: `Mon 09`; a report by day knows `Mon` alone. */
export function weekNames(step: Step): { short: string[]; long: string[] } {
  const short: string[] = [];
  const long: string[] = [];
  for (const day of DAYS) {
    for (let hour = 0; hour < 24; hour++) {
      const two = String(hour).padStart(2, '0');
      short.push(step === 'hour' ? `${day.slice(0, 3)} ${two}` : day.slice(0, 3));
      long.push(step === 'hour' ? `${day}, ${two}:00 to ${two}:59` : day);
      if (step === 'day') break;
    }
  }
  return { short, long };
}

/** Place of a step in the week, among `weekNames`. */
export function placeInWeek(step: Step, number: number, zone: Zone): number {
  const place = hourOfWeek(localStart(step, number, zone));
  return step === 'hour' ? place : Math.floor(place / 24);
}

/** Places in the week of hours that clocks tell twice, among `count` steps of an hour. */
export function repeatedHours(first: number, count: number, zone: Zone): Set<number> {
  const found = new Set<number>();
  let before = NaN;
  for (let place = 0; place < count; place++) {
    const local = localStart('hour', first + place, zone);
    if (local === before) found.add(hourOfWeek(local));
    before = local;
  }
  return found;
}

/** Widths of a bar in hours: 0.. within a day, then days. */
const WIDTHS = [1, 2, 3, 6, 12, 24, 48, 168, 336, 672, 2016, 4368, 8760];

export interface Bars {
  /** First step (as a place, 0 = the first step of the report) of each bar, and one more: the end. */
  starts: Uint32Array;
  /** Hours that a bar covers. */
  hours: number;
}

/**
 * Puts steps together so that at most `most` bars come out; bars begin at local hours, days and Mondays. A bar of less than a day
 * never covers more steps than it says: an hour that clocks repeat is not added to the first.
 */
export function bars(step: Step, first: number, count: number, most: number, zone: Zone): Bars {
  const stepHours = step === 'hour' ? 1 : 24;
  const hours = WIDTHS.find((width) => width >= stepHours && (count * stepHours) / width <= most) ?? WIDTHS[WIDTHS.length - 1];
  const starts: number[] = [];
  let last = NaN;
  for (let place = 0; place < count; place++) {
    const local = localStart(step, first + place, zone) / HOUR;
    // 1970-01-01 was a Thursday; bars of weeks begin on Mondays.
    const key = hours < 24 ? Math.floor(local / 24) * 24 + Math.floor((((local % 24) + 24) % 24) / hours) * hours : Math.floor((Math.floor(local / 24) + (hours >= 168 ? 3 : 0)) / (hours / 24));
    const full = hours < 24 && starts.length > 0 && place - starts[starts.length - 1] >= hours / stepHours;
    if (key !== last || full) {
      starts.push(place);
      last = key;
    }
  }
  starts.push(count);
  return { starts: Uint32Array.from(starts), hours };
}

/** Words for a bar's width. */
export function widthWords(hours: number): string {
  if (hours === 1) return 'hour';
  if (hours < 24) return `${hours} hours`;
  if (hours === 24) return 'day';
  if (hours % 168 === 0) return hours === 168 ? 'week' : `${hours / 168} weeks`;
  return `${Math.round(hours / 24)} days`;
}
