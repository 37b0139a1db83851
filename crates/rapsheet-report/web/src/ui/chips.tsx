// The filters in force, each with a way out.

import { placeStart } from '../data/report';
import { useStore, WORDS, wordsOf } from './context';
import { MeasureSwitch } from './measure';
import { TakeAway } from './take-away';
import { several, visible } from './text';

export function Chips() {
  const store = useStore();
  const { report } = store;
  const frame = store.frame.value;
  const { span, totals, measure } = frame;
  const each = (wanted: typeof store.filters.value, out: boolean) => [...wanted].flatMap(([dimension, values]) => values.map((value) => ({ dimension, value, out })));
  const filters = [...each(store.filters.value, false), ...each(store.without.value, true)];
  const { unknown } = store.view.value;
  const time = (place: number): string => (report.step === 'hour' ? report.zone.minute(placeStart(report, place)) : report.zone.day(placeStart(report, place)));
  const cut = (text: string): string => visible(text.length > 60 ? `${text.slice(0, 60)}…` : text);
  return (
    <div class="chips" role="group" aria-label="Filters">
      {span ? (
        <span class="chip">
          <span class="soft">Time</span> {time(span[0])} – {report.step === 'hour' ? time(span[1]) : time(Math.max(span[0], span[1] - 1))}
          <button type="button" aria-label="Take away the filter of time" onClick={() => store.brush(null, true)}>×</button>
        </span>
      ) : null}
      {filters.map(({ dimension, value, out }) => {
        const { text, code } = wordsOf(store, dimension, value);
        return (
          <span class={out ? 'chip out' : 'chip'} key={`${out} ${dimension} ${value}`}>
            <span class="soft">{out ? 'without ' : ''}{out ? (WORDS[dimension] ?? dimension).toLowerCase() : WORDS[dimension] ?? dimension}</span> <bdi title={visible(text.slice(0, 1000))}>{cut(text)}</bdi>
            {code && code !== text ? <span class="code">{code}</span> : null}
            {store.code(dimension, value) === 0xffffffff ? <span class="soft"> (not in this report)</span> : null}
            <button type="button" class="turn" title={out ? 'Show only this' : 'Show all but this'} aria-label={`${out ? 'Show only' : 'Leave out'} ${WORDS[dimension] ?? dimension} ${cut(text)}`} onClick={() => (out ? store.keep(dimension, value) : store.leaveOut(dimension, value))}>{out ? '=' : '≠'}</button>
            <button type="button" aria-label={`Take away the filter ${WORDS[dimension] ?? dimension} ${cut(text)}`} onClick={() => (out ? store.leaveOut(dimension, value) : store.toggle(dimension, value))}>×</button>
          </span>
        );
      })}
      {frame.filtered ? (
        <button type="button" class="quiet" onClick={() => store.clear()}>Clear all</button>
      ) : (
        <span class="soft hint">Drag over the bars, or press a name in any panel: the whole page follows.</span>
      )}
      {unknown.length ? (
        <span class="soft" role="note">
          The link has {unknown.length === 1 ? 'a part' : 'parts'} that this page does not know: {unknown.slice(0, 5).map((key, at) => <>{at ? ', ' : ''}<code><bdi>{cut(key)}</bdi></code></>)}
          {unknown.length > 5 ? ', …' : ''}
        </span>
      ) : null}
      <MeasureSwitch />
      <TakeAway />
      <span class="unseen" role="status" aria-live="polite">
        {several(totals.value, measure.one, measure.more)} of {several(totals.measured, 'address', 'addresses')} in this view
      </span>
    </div>
  );
}
