// Paper: what has to be laid out anew for it, and when.

import { useEffect, useState } from 'preact/hooks';

/** Pixels across that a sheet of A4 or letter has for a chart; what is drawn is stretched to the paper that there is. */
export const PAPER = 680;

let printing = false;
let screenTheme: string | undefined;
const followers = new Set<(printing: boolean) => void>();

function turn(to: boolean): void {
  if (printing === to) return;
  printing = to;
  // Paper is light, and whatever reads the colours now shall read those.
  const { dataset } = document.documentElement;
  if (to) {
    screenTheme = dataset.theme;
    dataset.theme = 'light';
  } else if (screenTheme) dataset.theme = screenTheme;
  for (const follow of followers) follow(to);
}

if (typeof window !== 'undefined') {
  const paper = matchMedia('print');
  printing = paper.matches;
  // The event comes before the picture is taken, the media query may come after it.
  addEventListener('beforeprint', () => turn(true));
  addEventListener('afterprint', () => turn(false));
  paper.addEventListener('change', () => turn(paper.matches));
}

/** Whether the page is on its way to paper. */
export function isPrinting(): boolean {
  return printing;
}

/** Calls back when printing begins and ends. Returns how to stop. */
export function onPaper(follow: (printing: boolean) => void): () => void {
  followers.add(follow);
  return () => followers.delete(follow);
}

/** Whether the page is being printed. */
export function usePrinting(): boolean {
  const [now, setNow] = useState(printing);
  useEffect(() => {
    setNow(printing);
    return onPaper(setNow);
  }, []);
  return now;
}
