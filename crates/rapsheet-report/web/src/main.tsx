import './style.css';
import './print.css';
import { render } from 'preact';
import { load } from './data/report';
import { createStore } from './state/view';
import { App } from './ui/app';
import { rules } from './ui/colours';
import { initialTheme } from './ui/theme';

document.documentElement.dataset.theme = initialTheme();
const colours = document.createElement('style');
colours.textContent = rules();
document.head.append(colours);
const host = document.getElementById('page');

/** Says what went wrong where the reader looks. */
function fail(error: unknown): void {
  if (!host) return;
  host.textContent = '';
  const words = document.createElement('p');
  words.className = 'boot';
  words.setAttribute('role', 'alert');
  words.textContent = `This report cannot be shown: ${error instanceof Error ? error.message : String(error)}`;
  host.append(words);
}

async function open(): Promise<void> {
  const started = performance.now();
  const report = await load(document);
  performance.measure('rapsheet-load', { start: started });
  const store = createStore(report);
  if (host) {
    host.textContent = '';
    render(<App store={store} />, host);
  }
  requestAnimationFrame(() => {
    performance.mark('rapsheet-shown');
    document.documentElement.dataset.ready = 'true';
  });
}

open().catch(fail);
