// Ordinary web traffic: requests and bytes of a view, suspicious or not.

import { useState } from 'preact/hooks';
import { largest } from '../data/cube';
import { OTHER } from '../data/report';
import type { Panel } from '../data/report';
import { useStore, WORDS } from './context';
import { BarTable, Box } from './panels';
import type { Row } from './panels';
import { number } from './text';
import { Value } from './value';
import { bytes } from './words';

const FEW = 8;
const MANY = 200;

export function Web({ panel }: { panel: Panel }) {
  const store = useStore();
  const [open, setOpen] = useState(false);
  void store.frame.value;
  const counts = store.report.cube.counts(panel.by);
  const names = store.report.cube.dimensions.get(panel.by)?.names;
  if (!counts || !names || names.length < 2) return null;
  const { events: requests } = counts;
  const places = largest(requests, open ? MANY : FEW);
  for (const value of [...(store.filters.value.get(panel.by) ?? []), ...(store.without.value.get(panel.by) ?? [])]) {
    const place = store.code(panel.by, value);
    if (place < names.length && !places.includes(place)) places.push(place);
  }
  const distinct = requests.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0);
  const rows = places.map((place): Row => ({
    key: place,
    name: <Value dimension={panel.by} value={names[place]} />,
    value: requests[place],
    second: bytes(counts.bytes?.[place] ?? 0),
    on: store.has(panel.by, names[place]),
    out: store.leavesOut(panel.by, names[place]),
  }));
  return (
    <Box panel={panel} count={distinct > FEW ? number(distinct) : undefined}>
      {rows.length ? (
        <div class={open ? 'scrolls' : ''} tabIndex={open ? 0 : undefined} role={open ? 'group' : undefined} aria-label={open ? panel.title : undefined}>
          <BarTable caption={`${panel.title}: requests`} rows={rows} columns={[(WORDS[panel.by] ?? panel.title).toLowerCase(), 'requests', 'sent']} most={requests[places[0]] ?? 0} />
        </div>
      ) : (
        <p class="empty">No request in this view.</p>
      )}
      {places.some((place) => names[place] === OTHER) ? <p class="note">“{OTHER}” stands for rare names, put together so that this file stays small.</p> : null}
      {distinct > FEW ? <button type="button" class="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>{open ? 'Fewer' : `All ${number(distinct)}`}</button> : null}
      {open && distinct > MANY ? <p class="note">The {MANY} largest.</p> : null}
    </Box>
  );
}
