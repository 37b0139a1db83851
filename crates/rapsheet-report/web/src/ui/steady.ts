// What was clicked stays where it was: panels keep their height while the page is filtered, and the page follows what grows.

import type { ReadonlySignal } from '@preact/signals';
import { effect } from '@preact/signals';

const STEADY = '.lead, .world, .panel, .addresses';

/** What is kept of a height: the last part of the page needs no more than keeps the others from sliding down the screen. */
function kept(element: HTMLElement, height: number): number {
  return element.matches('.addresses') ? Math.min(height, innerHeight) : height;
}

/** Keeps the heights of panels below `host`. Returns how to stop. */
export function keepHeights(host: HTMLElement, filtered: ReadonlySignal<boolean>): () => void {
  const heights = new Map<HTMLElement, { width: number; height: number }>();
  const release = (element: HTMLElement): void => {
    heights.delete(element);
    element.style.minHeight = '';
  };
  // Comes after the layout and before the picture: nobody sees a panel that shrinks.
  const observer = new ResizeObserver((changes) => {
    for (const { target, borderBoxSize } of changes) {
      const element = target as HTMLElement;
      const { inlineSize: width, blockSize: height } = borderBoxSize[0];
      const known = heights.get(element);
      if (known && Math.abs(known.width - width) > 1) {
        release(element);
        continue;
      }
      if (!known || height > known.height || !filtered.peek()) heights.set(element, { width, height });
      else if (height < known.height) element.style.minHeight = `${kept(element, known.height)}px`;
    }
  });
  const watch = (): void => {
    for (const element of host.querySelectorAll<HTMLElement>(STEADY)) observer.observe(element, { box: 'border-box' });
  };
  // A list that a reader folds may shrink.
  const fold = (event: Event): void => {
    const pressed = (event.target as Element).closest('[aria-expanded], summary');
    const element = pressed?.closest<HTMLElement>(STEADY);
    if (element) release(element);
  };
  host.addEventListener('click', fold, true);
  const stop = effect(() => {
    if (!filtered.value) for (const element of [...heights.keys()]) element.style.minHeight = '';
  });
  watch();
  return () => {
    stop();
    observer.disconnect();
    host.removeEventListener('click', fold, true);
  };
}

/** So many pictures at most are drawn until a page that was filtered stands. */
const PICTURES = 4;

/** Keeps a name that was pressed where it is on the screen, also where something above it grows. Returns how to stop. */
export function keepPressed(host: HTMLElement): () => void {
  const press = (event: Event): void => {
    const pressed = event.target instanceof Element ? event.target.closest<HTMLElement>('button.value') : null;
    if (!pressed) return;
    const before = pressed.getBoundingClientRect().top;
    let left = PICTURES;
    const look = (): void => {
      if (!pressed.isConnected) return;
      const moved = pressed.getBoundingClientRect().top - before;
      if (Math.abs(moved) >= 1) scrollBy({ top: moved, behavior: 'instant' });
      left -= 1;
      if (left > 0) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  };
  host.addEventListener('click', press, true);
  return () => host.removeEventListener('click', press, true);
}
