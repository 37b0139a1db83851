// The brush: attempts over the whole period, and the span that everything else follows.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { placeStart } from '../data/report';
import { bars as barsOf, widthWords } from '../data/zone';
import { Chart, ChartTable, Legend } from './chart';
import { useStore, WORDS } from './context';
import { PAPER, usePrinting } from './print';
import { stack, ticks } from './stack';
import { compact } from './text';

const HEIGHT = 96;
const STACKS = ['service_name', 'fail2ban_jail', 'reason'];

/** Width of an element, as it changes. */
export function useWidth(fallback: number): [(element: HTMLElement | null) => void, number] {
  const [element, setElement] = useState<HTMLElement | null>(null);
  const [width, setWidth] = useState(fallback);
  useEffect(() => {
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setWidth(Math.max(200, element.clientWidth)));
    observer.observe(element);
    setWidth(Math.max(200, element.clientWidth));
    return () => observer.disconnect();
  }, [element]);
  return [setElement, width];
}

/** What of a range lies in none of some spans. */
export function outside(spans: readonly (readonly [number, number])[], [begin, end]: readonly [number, number]): [number, number][] {
  const gaps: [number, number][] = [];
  let at = begin;
  for (const [from, to] of [...spans].sort((one, two) => one[0] - two[0])) {
    if (from > at) gaps.push([at, Math.min(from, end)]);
    at = Math.max(at, to);
  }
  if (at < end) gaps.push([at, end]);
  return gaps;
}

export function Timeline() {
  const store = useStore();
  const { report } = store;
  const [host, screen] = useWidth(900);
  const width = usePrinting() ? PAPER : screen;
  const [moving, setMoving] = useState<[number, number] | null>(null);
  const other = store.other.value;
  const surface = useRef<SVGSVGElement>(null);
  const grip = useRef<{ kind: 'new' | 'move'; second: boolean; from: number; span: [number, number] | null; moved: boolean } | null>(null);
  const waiting = useRef(0);
  const { steps } = report;
  const { stack: by } = store.view.value;
  // The frame is read first: the cube has the filters then.
  const { measure } = store.frame.value;
  const jails = by === 'fail2ban_jail' && measure.name === 'attempts';
  const filters = [store.filters.value, store.without.value, measure] as const;
  // What the chart shows: the whole period, or what the reader went nearer to.
  const { nearFrom, nearTo } = store.view.value;
  const near = nearFrom !== null && nearTo !== null;
  const begin = near ? Math.max(0, Math.min(steps - 1, nearFrom - report.first)) : 0;
  const end = near ? Math.max(begin + 1, Math.min(steps, nearTo - report.first)) : steps;
  const wide = end - begin;
  const across = (place: number): number => Math.max(0, Math.min(1, (place - begin) / wide));
  const bars = useMemo(() => {
    const of = barsOf(report.step, report.first + begin, wide, Math.max(40, Math.floor(width / 4)), report.zone);
    return { ...of, starts: of.starts.map((start) => start + begin) };
  }, [report, width, begin, end]);
  const drawn = useMemo(() => {
    const names = report.cube.dimensions.get(by)?.names ?? [null];
    // fail2ban repeats attempts that daemons told of: by jail its own events are shown, whatever no jail told left out.
    const stacked = report.cube.stack(by, jails ? 'events' : 'measure');
    if (jails) for (let at = 0; at < stacked.length; at += names.length) stacked[at] = 0;
    return stack(stacked, names, bars);
  }, [report, by, bars, ...filters]);
  const marks = useMemo(() => ticks(report, (place) => placeStart(report, place), [begin, end], Math.max(2, Math.floor(width / 90))), [report, width, begin, end]);
  const span = moving ?? store.span.value;
  const [from, to] = span ?? [begin, end];
  const [start, stop] = [from, to];

  const placeAt = (event: PointerEvent): number => {
    const box = surface.current?.getBoundingClientRect();
    if (!box || box.width === 0) return begin;
    return begin + Math.max(0, Math.min(wide, ((event.clientX - box.left) / box.width) * wide));
  };
  const barAt = (place: number): number => {
    let low = 0;
    let high = bars.starts.length - 2;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (bars.starts[middle] <= place) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  const show = (wanted: [number, number] | null, second: boolean): void => {
    if (!second) setMoving(wanted);
    cancelAnimationFrame(waiting.current);
    waiting.current = requestAnimationFrame(() => (second ? store.versus(wanted, false) : store.brush(wanted, false)));
  };
  const settle = (wanted: readonly [number, number] | null): void => {
    cancelAnimationFrame(waiting.current);
    setMoving(null);
    store.brush(wanted && (wanted[0] > 0 || wanted[1] < steps) ? [wanted[0], wanted[1]] : null, true);
  };
  const spanned = (event: PointerEvent): [number, number] | null => {
    const held = grip.current;
    if (!held) return null;
    const place = placeAt(event);
    if (held.kind === 'move' && held.span) {
      const shift = Math.round(place - held.from);
      const length = held.span[1] - held.span[0];
      const start = bars.starts[barAt(Math.max(begin, Math.min(end - length, held.span[0] + shift)))];
      return [start, Math.min(end, start + length)];
    }
    const [low, high] = held.from < place ? [held.from, place] : [place, held.from];
    return [bars.starts[barAt(low)], bars.starts[barAt(Math.min(end - 0.001, high)) + 1]];
  };
  const down = (event: PointerEvent): void => {
    if (event.button !== 0 || steps === 0) return;
    const place = placeAt(event);
    const present = store.span.peek();
    const within = (span: typeof present): boolean => span !== null && place > span[0] && place < span[1];
    // With Shift a drag is of the period to compare with; so is one that begins within it.
    const second = event.shiftKey || (within(other) && !within(present));
    const of = second ? other : present;
    grip.current = { kind: within(of) ? 'move' : 'new', second, from: place, span: of ? [of[0], of[1]] : null, moved: false };
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent): void => {
    const held = grip.current;
    if (!held) return;
    if (!held.moved && Math.abs(placeAt(event) - held.from) < (3 / width) * wide) return;
    held.moved = true;
    show(spanned(event), held.second);
  };
  const up = (event: PointerEvent): void => {
    const held = grip.current;
    if (!held) return;
    const wanted = spanned(event);
    grip.current = null;
    if (held.second) {
      cancelAnimationFrame(waiting.current);
      store.versus(held.moved || held.kind === 'new' ? wanted : other, true);
      return;
    }
    // A press without a drag: within the span it takes the brush away, elsewhere it takes one bar.
    if (!held.moved && held.kind === 'move') settle(null);
    else settle(wanted);
  };
  const nudge = (edge: 0 | 1, second = false) => (event: KeyboardEvent): void => {
    const [from, to] = second ? (other ?? [begin, end]) : [start, stop];
    const done = second ? (wanted: [number, number] | null) => store.versus(wanted, true) : settle;
    const bar = barAt(edge === 0 ? from : to - 1) + (edge === 0 ? 0 : 1);
    const by = event.shiftKey ? Math.max(1, Math.round((bars.starts.length - 1) / 20)) : 1;
    const last = bars.starts.length - 1;
    let next = bar;
    if (event.key === 'ArrowLeft' || event.key === 'ArrowDown') next -= by;
    else if (event.key === 'ArrowRight' || event.key === 'ArrowUp') next += by;
    else if (event.key === 'PageDown') next -= Math.max(1, Math.round(last / 10));
    else if (event.key === 'PageUp') next += Math.max(1, Math.round(last / 10));
    else if (event.key === 'Home') next = 0;
    else if (event.key === 'End') next = last;
    else if (event.key === 'Escape') return done(null);
    else return;
    event.preventDefault();
    const place = bars.starts[Math.max(0, Math.min(last, next))];
    const wanted: [number, number] = edge === 0 ? [Math.min(place, to - 1), to] : [from, Math.max(place, from + 1)];
    done(wanted);
  };
  /** Compares with the period before, or where there is none with the one after. */
  const compare = (): void => {
    if (!span) return;
    const length = span[1] - span[0];
    const before: [number, number] = [Math.max(0, span[0] - length), span[0]];
    store.versus(before[1] > before[0] ? before : [span[1], Math.min(steps, span[1] + length)], true);
  };
  const words = (place: number): string => (report.step === 'hour' ? report.zone.minute(placeStart(report, place)) : report.zone.day(placeStart(report, place)));
  const last = (hours: number): void => {
    const length = Math.max(1, Math.round(report.step === 'hour' ? hours : hours / 24));
    if (near) nearer(null);
    settle([Math.max(0, steps - length), steps]);
  };
  const nearer = (to: readonly [number, number] | null): void => {
    store.change(to ? { nearFrom: report.first + to[0], nearTo: report.first + to[1] } : { nearFrom: null, nearTo: null });
  };
  const totalHours = steps * (report.step === 'hour' ? 1 : 24);
  if (steps === 0) return <p class="empty">No event in this report has a time, so there is nothing to brush.</p>;
  return (
    <section class="timeline" aria-label="Attempts over time">
      <div class="row">
        <h2>
          {jails ? 'fail2ban’s events' : `${measure.more[0].toUpperCase()}${measure.more.slice(1)}`} per {widthWords(bars.hours)}
          <span class="count">most {compact(drawn.most)}</span>
        </h2>
        <Legend report={report} by={by} drawn={drawn} />
        <span class="tools">
          <label>
            by{' '}
            <select value={by} onChange={(event) => store.change({ stack: event.currentTarget.value })}>
              {STACKS.filter((name) => report.cube.dimensions.has(name)).map((name) => (
                <option value={name}>{WORDS[name].toLowerCase()}</option>
              ))}
            </select>
          </label>
          {totalHours > 24 ? <button type="button" class="quiet" onClick={() => last(24)}>Last 24 h</button> : null}
          {totalHours > 168 ? <button type="button" class="quiet" onClick={() => last(168)}>Last 7 days</button> : null}
          {span && span[1] - span[0] < wide && span[1] - span[0] > 1 ? <button type="button" class="quiet" onClick={() => nearer(span)}>Zoom in</button> : null}
          {near ? <button type="button" class="quiet" onClick={() => nearer(null)}>Zoom out</button> : null}
          {span && !other && span[1] - span[0] < steps ? <button type="button" class="quiet" title="With the period before; drag with Shift to choose another" onClick={compare}>Compare</button> : null}
          <button type="button" class="quiet" disabled={span === null} onClick={() => settle(null)}>Whole period</button>
        </span>
      </div>
      <Chart
        report={report}
        by={by}
        bars={bars}
        drawn={drawn}
        range={[begin, end]}
        width={width}
        height={HEIGHT}
        marks={marks}
        measure={jails ? ['event', 'events'] : ['attempt', 'attempts']}
        label="Attempts over time"
        host={host}
        surface={surface}
        pointer={{ onPointerDown: down, onPointerMove: move, onPointerUp: up, onPointerCancel: () => { grip.current = null; setMoving(null); } }}
        onPick={(bar) => settle([bars.starts[bar], bars.starts[bar + 1]])}
        above={
          <>
            {span ? <path class="shade" d={outside(other ? [span, other] : [span], [begin, end]).map(([from, to]) => `M${across(from) * width} 0H${across(to) * width}V${HEIGHT}H${across(from) * width}z`).join('')} /> : null}
            {span ? <rect class="window" x={across(from) * width} width={Math.max(1, (across(to) - across(from)) * width)} height={HEIGHT} /> : null}
            {other ? <rect class="window second" x={across(other[0]) * width} width={Math.max(1, (across(other[1]) - across(other[0])) * width)} height={HEIGHT} /> : null}
          </>
        }
        over={
          <div class="handles">
            <span role="slider" tabIndex={0} class="handle" aria-label="Begin of the period" aria-orientation="horizontal" aria-valuemin={begin} aria-valuemax={end} aria-valuenow={from} aria-valuetext={words(from)} style={{ left: `${100 * across(from)}%` }} onKeyDown={nudge(0)} />
            <span role="slider" tabIndex={0} class="handle" aria-label="End of the period" aria-orientation="horizontal" aria-valuemin={begin} aria-valuemax={end} aria-valuenow={to} aria-valuetext={words(to)} style={{ left: `${100 * across(to)}%` }} onKeyDown={nudge(1)} />
            {other
              ? ([0, 1] as const).map((edge) => (
                  <span role="slider" tabIndex={0} class="handle second" aria-label={`${edge ? 'End' : 'Begin'} of the second period`} aria-orientation="horizontal" aria-valuemin={begin} aria-valuemax={end} aria-valuenow={other[edge]} aria-valuetext={words(other[edge])} style={{ left: `${100 * across(other[edge])}%` }} onKeyDown={nudge(edge, true)} />
                ))
              : null}
          </div>
        }
      />
      <ChartTable report={report} bars={bars} drawn={drawn} caption="Attempts over time" />
    </section>
  );
}
