// What is counted: a switch, and the words of headings.

import { MEASURES } from '../data/measure';
import { useStore } from './context';

/** Behind a heading: what its numbers are. */
export function By() {
  const { measure } = useStore().frame.value;
  return <span class="by">{measure.more}</span>;
}

/** Two heads of columns: how many addresses have any of what is measured, and how many were seen. */
export function AddressHeads() {
  const { measure } = useStore().frame.value;
  return (
    <>
      {measure.name === 'events' ? null : <th scope="col" class="number pair">addresses<br />{measure.verb}</th>}
      <th scope="col" class="number pair">addresses<br />seen</th>
    </>
  );
}

/** Lets a reader choose what is counted; without a choice, the first measure that the filters leave any of. */
export function MeasureSwitch() {
  const store = useStore();
  const { measure } = store.frame.value;
  const chosen = store.view.value.measure;
  const offered = MEASURES.filter((one) => store.measures.includes(one) || one === measure);
  if (offered.length < 2) return null;
  return (
    <label class="measure">
      counting{' '}
      <select value={measure.name} onChange={(event) => store.change({ measure: event.currentTarget.value })}>
        {offered.map((one) => <option value={one.name}>{one.more}</option>)}
      </select>
      {chosen ? <button type="button" class="quiet" title="The first measure that the filters leave any of" onClick={() => store.change({ measure: '' })}>by itself</button> : null}
    </label>
  );
}
