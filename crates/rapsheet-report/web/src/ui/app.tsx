// The page: the answer, the time, the map, the panels, the addresses.

import { computed } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Store } from '../state/view';
import { Addresses } from './addresses';
import { Answer, Totals } from './answer';
import { Chips } from './chips';
import { Compare } from './compare';
import { StoreProvider } from './context';
import { WorldMap } from './map';
import { PanelView } from './panels';
import { Periods } from './periods';
import { Sheet } from './sheet';
import { Heading, Sources } from './sources';
import { keepHeights, keepPressed } from './steady';
import { visible } from './text';
import { Timeline } from './timeline';
import { initialTheme, remember } from './theme';

export function App({ store }: { store: Store }) {
  const { meta } = store.report;
  const [theme, setTheme] = useState(initialTheme);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  const main = useRef<HTMLElement>(null);
  useEffect(() => (main.current ? keepPressed(main.current) : undefined), [store]);
  useEffect(() => (main.current ? keepHeights(main.current, computed(() => store.frame.value.filtered)) : undefined), [store]);
  // Findings stand beside the map, the other panels below.
  const beside = meta.panels.filter((panel) => panel.chart === 'findings');
  const other = theme === 'dark' ? 'light' : 'dark';
  return (
    <StoreProvider value={store}>
      <a class="skip" href="#addresses" onClick={(event) => { event.preventDefault(); document.getElementById('addresses')?.scrollIntoView(); }}>To the addresses</a>
      <header class="top">
        <div class="row">
          <h1><bdi>{visible(meta.title)}</bdi></h1>
          <button type="button" class="quiet" onClick={() => { setTheme(other); remember(other); }}>{other === 'dark' ? 'Dark' : 'Light'}</button>
        </div>
        <Heading />
      </header>
      <main ref={main}>
        <div class="lead">
          <Answer />
          <Totals />
        </div>
        <div class="steer">
          <Timeline />
          <Periods />
          <Chips />
        </div>
        <Compare />
        <div class="where">
          <WorldMap />
          {beside.map((panel) => <PanelView key={panel.name} panel={panel} />)}
        </div>
        <div class="panels">
          {meta.panels.filter((panel) => !beside.includes(panel)).map((panel) => <PanelView key={panel.name} panel={panel} />)}
        </div>
        <Addresses />
        <Sources />
      </main>
      <footer>
        <p>
          rapsheet {visible(meta.rapsheet_version)}. Outlines: Natural Earth. This page is one file; it asks nothing of any network.
        </p>
      </footer>
      <Sheet />
    </StoreProvider>
  );
}
