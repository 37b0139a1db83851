// The page: the answer, the time, the map, the panels, the addresses.

import { useEffect, useState } from 'preact/hooks';
import type { Store } from '../state/view';
import { Addresses } from './addresses';
import { Answer, Totals } from './answer';
import { Chips } from './chips';
import { StoreProvider } from './context';
import { WorldMap } from './map';
import { PanelView } from './panels';
import { Periods } from './periods';
import { Sheet } from './sheet';
import { Heading, Sources } from './sources';
import { visible } from './text';
import { Timeline } from './timeline';
import { initialTheme, remember } from './theme';

export function App({ store }: { store: Store }) {
  const { meta } = store.report;
  const [theme, setTheme] = useState(initialTheme);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
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
      <main>
        <div class="lead">
          <Answer />
          <Totals />
        </div>
        <div class="steer">
          <Timeline />
          <Periods />
          <Chips />
        </div>
        <WorldMap />
        <div class="panels">
          {meta.panels.map((panel) => <PanelView key={panel.name} panel={panel} />)}
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
