// Stacked bars over time: the axis of numbers, what a bar says to the pointer and to the keyboard, and the same as a table.

import type { ComponentChildren, Ref } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { placeStart } from '../data/report';
import type { Report } from '../data/report';
import type { Bars } from '../data/zone';
import { roundMarks } from './axis';
import { colourOf } from './colours';
import { paths } from './stack';
import type { Series, Stack, Tick } from './stack';
import { compact, number, several, visible } from './text';

/** Room of a name below the axis; one that has less is left out and not cut. */
const TICK = 62;

/** Words for a series. */
export function seriesName(series: Series): string {
  return visible((series.code < 0 ? 'other' : (series.name ?? 'none')).replace(/_/g, ' '));
}

/** A step's begin in the report's zone; where clocks change that day, with how far they are ahead. */
export function placeWords(report: Report, place: number): string {
  const at = placeStart(report, place);
  return report.step === 'hour' ? report.zone.moment(at) : report.zone.day(at);
}

interface ChartProps {
  report: Report;
  /** What is stacked. */
  by: string;
  bars: Bars;
  drawn: Stack;
  /** First place that is shown, and the end. */
  range: readonly [number, number];
  width: number;
  height: number;
  marks: readonly Tick[];
  measure: readonly [one: string, more: string];
  label: string;
  host: Ref<HTMLDivElement>;
  surface?: Ref<SVGSVGElement>;
  pointer?: Partial<Record<'onPointerDown' | 'onPointerMove' | 'onPointerUp' | 'onPointerCancel', (event: PointerEvent) => void>>;
  onPick?: (bar: number) => void;
  /** Shapes above the bars. */
  above?: ComponentChildren;
  /** What stands over the picture. */
  over?: ComponentChildren;
}

export function Chart({ report, by, bars, drawn, range, width, height, marks, measure, label, host, surface, pointer, onPick, above, over }: ChartProps) {
  const [begin, end] = range;
  const [read, setRead] = useState<number | null>(null);
  const count = bars.starts.length - 1;
  const across = (place: number): number => Math.max(0, Math.min(1, (place - begin) / (end - begin)));
  const shapes = useMemo(() => paths(drawn, bars, [begin, end], width, height), [drawn, bars, width, height, begin, end]);
  const steps = roundMarks(drawn.most, Math.max(2, Math.floor(height / 28)));
  const shown = read === null || read >= count ? null : read;
  const barAt = (event: PointerEvent): number | null => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    if (box.width === 0 || event.buttons !== 0) return null;
    const place = begin + ((event.clientX - box.left) / box.width) * (end - begin);
    for (let bar = 0; bar < count; bar++) if (place < bars.starts[bar + 1]) return bar;
    return count - 1;
  };
  const key = (event: KeyboardEvent): void => {
    const now = shown ?? 0;
    const moves: Record<string, number> = { ArrowLeft: now - 1, ArrowDown: now - 1, ArrowRight: now + 1, ArrowUp: now + 1, PageDown: now - 10, PageUp: now + 10, Home: 0, End: count - 1 };
    const next = moves[event.key];
    if (next !== undefined) setRead(Math.max(0, Math.min(count - 1, next)));
    else if (event.key === 'Enter' && onPick) onPick(now);
    else return;
    event.preventDefault();
  };
  const spanWords = (bar: number): string => `${placeWords(report, bars.starts[bar])} – ${placeWords(report, report.step === 'day' ? bars.starts[bar + 1] - 1 : bars.starts[bar + 1])}`;
  const sum = (bar: number): number => drawn.series.reduce((all, _, at) => all + drawn.values[bar * drawn.series.length + at], 0);
  const parts = (bar: number) =>
    drawn.series.map((series, at) => ({ series, value: drawn.values[bar * drawn.series.length + at] })).filter(({ value }) => value > 0);
  const spoken = (bar: number): string => `${spanWords(bar)}: ${several(sum(bar), measure[0], measure[1])}${parts(bar).map(({ series, value }) => `, ${seriesName(series)} ${number(value)}`).join('')}`;
  const middle = shown === null ? 0 : (across(bars.starts[shown]) + across(bars.starts[shown + 1])) / 2;
  return (
    <div class="chart" style={{ '--height': `${height}px` }}>
      <div class="y-axis" aria-hidden="true">
        <span style={{ top: `${height}px` }}>0</span>
        {steps.map((step) => <span style={{ top: `${(1 - step / drawn.most) * height}px` }}>{compact(step)}</span>)}
      </div>
      <div class="brush" ref={host}>
        <svg
          ref={surface}
          width={width}
          height={height}
          viewBox={`0 0 ${width} ${height}`}
          preserveAspectRatio="none"
          aria-hidden="true"
          {...pointer}
          onPointerMove={(event) => {
            pointer?.onPointerMove?.(event);
            setRead(barAt(event));
          }}
          onPointerLeave={() => setRead(null)}
        >
          <rect class="ground" width={width} height={height} />
          {steps.map((step) => <line class="tick" x1={0} x2={width} y1={(1 - step / drawn.most) * height} y2={(1 - step / drawn.most) * height} />)}
          {marks.map((mark) => <line class="tick" x1={across(mark.place) * width} x2={across(mark.place) * width} y1={0} y2={height} />)}
          {shapes.map((shape, at) => <path d={shape} fill={colourOf(report, by, drawn.series[at].code)} />)}
          {above}
          {shown === null ? null : <rect class="read" x={across(bars.starts[shown]) * width} width={Math.max(1, (across(bars.starts[shown + 1]) - across(bars.starts[shown])) * width)} height={height} />}
        </svg>
        {over}
        <span role="slider" tabIndex={0} class="reader" aria-label={`${label}: read bar by bar`} aria-orientation="horizontal" aria-valuemin={1} aria-valuemax={count} aria-valuenow={(shown ?? 0) + 1} aria-valuetext={spoken(shown ?? 0)} onKeyDown={key} onFocus={() => setRead((now) => now ?? 0)} onBlur={() => setRead(null)} />
        {shown === null ? null : (
          <div class="plot-tip" aria-hidden="true" style={middle > 0.5 ? { right: `${100 * (1 - middle)}%` } : { left: `${100 * middle}%` }}>
            <div class="soft">{spanWords(shown)}</div>
            <strong>{several(sum(shown), measure[0], measure[1])}</strong>
            {parts(shown).map(({ series, value }) => (
              <div>
                <i class="dot" style={{ background: colourOf(report, by, series.code) }} />
                <bdi>{seriesName(series)}</bdi> {number(value)}
              </div>
            ))}
          </div>
        )}
        <div class="axis" aria-hidden="true">
          {marks.map((mark) => (across(mark.place) * width > width - TICK ? null : <span style={{ left: `${100 * across(mark.place)}%` }}>{mark.text}</span>))}
        </div>
      </div>
    </div>
  );
}

/** The same numbers as a table; bars without any are left out. */
export function ChartTable({ report, bars, drawn, caption }: { report: Report; bars: Bars; drawn: Stack; caption: string }) {
  const [open, setOpen] = useState(false);
  const wide = drawn.series.length;
  const rows: number[] = [];
  for (let bar = 0; open && bar < bars.starts.length - 1; bar++) {
    if (drawn.series.some((_, at) => drawn.values[bar * wide + at] > 0)) rows.push(bar);
  }
  return (
    <details class="as-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>As a table</summary>
      <div class="scrolls" tabIndex={0} role="group" aria-label={caption}>
        <table class="plain">
          <caption class="unseen">{caption}</caption>
          <thead>
            <tr>
              <th scope="col">from</th>
              {drawn.series.map((series) => <th scope="col" class="number"><bdi>{seriesName(series)}</bdi></th>)}
            </tr>
          </thead>
          <tbody>
            {rows.map((bar) => (
              <tr>
                <th scope="row">{placeWords(report, bars.starts[bar])}</th>
                {drawn.series.map((_, at) => <td class="number">{number(drawn.values[bar * wide + at])}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

/** What the colours stand for. */
export function Legend({ report, by, drawn, totals }: { report: Report; by: string; drawn: Stack; totals?: boolean }) {
  return (
    <ul class="keys" aria-label="Parts">
      {drawn.series.map((series) => (
        <li key={series.code}>
          <i class="dot" style={{ background: colourOf(report, by, series.code) }} aria-hidden="true" />
          <bdi>{seriesName(series)}</bdi>
          {totals ? <span class="soft"> {number(series.total)}</span> : null}
        </li>
      ))}
    </ul>
  );
}
