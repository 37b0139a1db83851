/** The small map of one address. */
import { draw, type Scene } from './draw';
import { palette, whenColoursChange } from './palette';
import { KM_A_UNIT, project } from './world';

/** Draws the outlines around one place, with its accuracy; follows the page's colours until it is taken away. */
export function outlinesOnly(host: HTMLElement, at: { latitude: number; longitude: number; radiusKm: number | null }): void {
  const canvas = document.createElement('canvas');
  canvas.className = 'map-small';
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', `Map around latitude ${at.latitude}, longitude ${at.longitude}${at.radiusKm ? `, accurate to ${at.radiusKm} km` : ''}`);
  host.replaceChildren(canvas);
  const [x, y] = project([at.longitude, at.latitude]);
  const paint = () => {
    const pen = canvas.getContext('2d');
    if (!pen) return;
    const width = host.clientWidth || 280;
    const height = host.clientHeight > 60 ? host.clientHeight : Math.round(width * 0.55);
    const ratio = devicePixelRatio || 1;
    [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    canvas.style.height = `${height}px`;
    // The circle takes a third of the height, and never less than a good part of a continent is seen around it.
    const across = Math.max(1600, (at.radiusKm ?? 0) * 6) / KM_A_UNIT;
    const scale = height / Math.min(across, 420);
    const view = { scale, x: width / 2 - x * scale, y: height / 2 - y * scale, width, height };
    const scene: Scene = {
      view,
      ratio,
      colours: palette(host),
      clusters: [{ x: width / 2, y: height / 2, radius: 4, attempts: 1, size: 1, top: 0, topAttempts: 1, doubtful: false, cells: [] }],
      sums: new Map(),
      steps: null,
      hatched: false,
      selected: new Set(),
      hoverCountry: null,
      hoverCluster: null,
      circled: [{ ...at, country: null, label: '' }],
      ring: null,
      countryName: null,
      scaled: true,
    };
    draw(pen, scene);
  };
  paint();
  const stop = whenColoursChange(() => (canvas.isConnected ? paint() : stop()));
}

