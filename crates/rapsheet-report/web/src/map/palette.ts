/** The page's colours, as the canvas needs them. */
export interface Palette {
  paper: string;
  ink: string;
  inkSoft: string;
  line: string;
  accent: string;
  accentSoft: string;
  warn: string;
  land: string;
  water: string;
  focus: string;
  ramp: string[];
}

/** Reads the colours that hold for an element. */
export function palette(host: Element): Palette {
  const style = getComputedStyle(host);
  const of = (name: string) => style.getPropertyValue(`--${name}`).trim() || '#888';
  return {
    paper: of('paper'),
    ink: of('ink'),
    inkSoft: of('ink-soft'),
    line: of('line'),
    accent: of('accent'),
    accentSoft: of('accent-soft'),
    warn: of('warn'),
    land: of('land'),
    water: of('water'),
    focus: of('focus'),
    ramp: [0, 1, 2, 3, 4, 5, 6].map((step) => of(`ramp-${step}`)),
  };
}

/** Calls back when the colours change: the reader's system, the page's switch, or paper. Returns how to stop. */
export function whenColoursChange(repaint: () => void): () => void {
  const queries = ['(prefers-color-scheme: dark)', 'print'].map((query) => matchMedia(query));
  const observer = new MutationObserver(repaint);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'class', 'style'] });
  for (const query of queries) query.addEventListener('change', repaint);
  return () => {
    observer.disconnect();
    for (const query of queries) query.removeEventListener('change', repaint);
  };
}
