// Light or dark: the reader's system decides until the reader does.

export type Theme = 'light' | 'dark';

const KEY = 'rapsheet-theme';

export function initialTheme(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    if (kept === 'light' || kept === 'dark') return kept;
  } catch {
    // A file may have no storage; the system's wish is enough.
  }
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export function remember(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // As above: the wish holds until the page is closed.
  }
}
