// A value that filters when it is pressed.

import { useStore, WORDS, wordsOf } from './context';
import { Name, Whole } from './text';

export function Value({ dimension, value }: { dimension: string; value: string | null }) {
  const store = useStore();
  const { text, code, plain } = wordsOf(store, dimension, value);
  const on = store.has(dimension, value);
  const out = store.leavesOut(dimension, value);
  return (
    <>
      <button type="button" class="value" aria-pressed={on} title={`${out ? 'Is left out; press to take it back' : on ? 'Take away the filter' : 'Show only'}: ${WORDS[dimension] ?? dimension}`} onClick={() => store.toggle(dimension, value)}>
        {plain ? <em>{text}</em> : <Name text={text} />}
        {code && code !== text ? <span class="code">{code}</span> : null}
      </button>
      {plain ? null : <Whole text={text} />}
    </>
  );
}
