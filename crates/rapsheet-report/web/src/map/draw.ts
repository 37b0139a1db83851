/** Paints the map. */
import { geoCircle, geoPath } from 'd3-geo';

import type { Cluster, View } from './cluster';
import { short } from './marks';
import { countryNames, drawScale, haloed } from './names';
import type { Palette } from './palette';
import { shadeOf } from './scale';
import type { MapAddress } from './index';
import { projection, world, type Country } from './world';

/** What one country has among the addresses shown. */
export interface CountrySum {
  attempts: number;
  addresses: number;
  /** Addresses of which nothing but the country is known. */
  pointless: number;
  pointlessAttempts: number;
}

/** Everything that a picture depends on. */
export interface Scene {
  view: View;
  ratio: number;
  colours: Palette;
  clusters: readonly Cluster[];
  sums: ReadonlyMap<string, CountrySum>;
  /** Least attempts of each shade, or none where countries are not shaded. */
  steps: readonly number[] | null;
  /** Whether countries are hatched of whose addresses no more is known. */
  hatched: boolean;
  selected: ReadonlySet<string>;
  /** Under the pointer. */
  hoverCountry: string | null;
  hoverCluster: Cluster | null;
  /** Addresses whose accuracy is shown. */
  circled: readonly MapAddress[];
  /** Where the selected address stands on the screen. */
  ring: [number, number] | null;
  /** Words for countries, where the picture is near enough for them. */
  countryName: ((code: string) => string) | null;
  /** Whether the scale is drawn. */
  scaled: boolean;
}

/** Countries smaller than this on the screen are marked by a square. */
const TINY = 7;
const SQUARE = 9;

/** Whether a country's outline is too small to see. */
function tiny(country: Country, scale: number): boolean {
  const [left, top, right, bottom] = country.box;
  return Math.max(right - left, bottom - top) * scale < TINY;
}

/** Returns the squares of countries that have something to show and no outline to show it on. */
export function squares(scene: Scene): { code: string; x: number; y: number }[] {
  const { view, sums } = scene;
  const seen = new Set<string>();
  for (const country of world().countries) if (country.code && !tiny(country, view.scale)) seen.add(country.code);
  const marks = [];
  for (const [code, sum] of sums) {
    const at = world().centres.get(code);
    if (!at || seen.has(code) || !(scene.steps ? sum.attempts > 0 : sum.pointless > 0)) continue;
    marks.push({ code, x: view.x + at[0] * view.scale, y: view.y + at[1] * view.scale });
  }
  return marks;
}

/** Paints a scene. */
export function draw(pen: CanvasRenderingContext2D, scene: Scene): void {
  const { view, ratio, colours } = scene;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, view.width, view.height);
  if (scene.steps) land(pen, scene);
  else plainLand(pen, scene);
  inDrawing(pen, scene);
  countries(pen, scene);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  for (const square of squares(scene)) {
    const sum = scene.sums.get(square.code);
    pen.fillStyle = scene.steps ? colours.ramp[shadeOf(sum?.attempts ?? 0, scene.steps)] : colours.accentSoft;
    pen.strokeStyle = scene.selected.has(square.code) ? colours.focus : colours.ink;
    pen.lineWidth = scene.selected.has(square.code) || scene.hoverCountry === square.code ? 2 : 1;
    pen.fillRect(square.x - SQUARE / 2, square.y - SQUARE / 2, SQUARE, SQUARE);
    pen.strokeRect(square.x - SQUARE / 2, square.y - SQUARE / 2, SQUARE, SQUARE);
  }
  inDrawing(pen, scene);
  for (const address of scene.circled) accuracy(pen, address, colours, view.scale);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  if (scene.countryName) countryNames(pen, view, colours, scene.countryName);
  // Who can be where the mark stands comes last and is not hidden by who cannot.
  for (const doubtful of [true, false]) {
    for (const cluster of scene.clusters) if (cluster.doubtful === doubtful) mark(pen, cluster, scene);
  }
  for (const cluster of scene.clusters) number(pen, cluster, colours);
  if (scene.scaled) drawScale(pen, view, colours);
  if (scene.ring) {
    pen.beginPath();
    pen.arc(scene.ring[0], scene.ring[1], 11, 0, 2 * Math.PI);
    pen.lineWidth = 3;
    pen.strokeStyle = colours.paper;
    pen.stroke();
    pen.lineWidth = 2;
    pen.strokeStyle = colours.ink;
    pen.stroke();
  }
}

function visible(country: Country, view: View): boolean {
  const [left, top, right, bottom] = country.box;
  return (
    view.x + right * view.scale > 0 &&
    view.x + left * view.scale < view.width &&
    view.y + bottom * view.scale > 0 &&
    view.y + top * view.scale < view.height
  );
}

/** Has the pen draw in the drawing's coordinates. */
function inDrawing(pen: CanvasRenderingContext2D, { view, ratio }: Scene): void {
  pen.setTransform(ratio * view.scale, 0, 0, ratio * view.scale, ratio * view.x, ratio * view.y);
}

/** Paints the water and the countries, shaded where the scene says so. */
function land(pen: CanvasRenderingContext2D, scene: Scene): void {
  const { view, colours, sums, steps } = scene;
  inDrawing(pen, scene);
  pen.fillStyle = colours.water;
  pen.fill(world().sphere);
  pen.lineWidth = 0.6 / view.scale;
  pen.strokeStyle = steps ? colours.paper : colours.inkSoft;
  for (const country of world().countries) {
    if (!visible(country, view)) continue;
    const sum = country.code ? sums.get(country.code) : undefined;
    pen.fillStyle = steps && sum ? colours.ramp[shadeOf(sum.attempts, steps)] : colours.land;
    pen.fill(country.path);
    pen.globalAlpha = steps ? 1 : 0.45;
    pen.stroke(country.path);
    pen.globalAlpha = 1;
  }
}

/** What plain land looked like when a canvas was last painted. */
const grounds = new WeakMap<HTMLCanvasElement, { key: string; picture: HTMLCanvasElement | null }>();

/** Paints land without shades. A brush changes what lies on it and not the land: from the second time on it is a copy. */
function plainLand(pen: CanvasRenderingContext2D, scene: Scene): void {
  const { view, ratio, colours } = scene;
  const key = JSON.stringify([view, ratio, colours.water, colours.land, colours.inkSoft]);
  const known = grounds.get(pen.canvas);
  if (known?.key !== key) {
    grounds.set(pen.canvas, { key, picture: null });
    land(pen, scene);
    return;
  }
  if (!known.picture) {
    const picture = document.createElement('canvas');
    [picture.width, picture.height] = [pen.canvas.width, pen.canvas.height];
    const brush = picture.getContext('2d');
    if (!brush) return land(pen, scene);
    land(brush, scene);
    known.picture = picture;
  }
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.drawImage(known.picture, 0, 0);
}

/** Marks what lies in countries: hatching where only the country is known, an edge where one is chosen. */
function countries(pen: CanvasRenderingContext2D, scene: Scene): void {
  const { view, colours, sums } = scene;
  const vague = new Path2D();
  const outlined: Country[] = [];
  let hatched = false;
  for (const country of world().countries) {
    if (!country.code || !visible(country, view)) continue;
    if (scene.hatched && (sums.get(country.code)?.pointless ?? 0) > 0) {
      vague.addPath(country.path);
      hatched = true;
    }
    if (scene.selected.has(country.code) || country.code === scene.hoverCountry) outlined.push(country);
  }
  const hatch = hatched ? hatching(pen, colours.accent, scene.ratio) : null;
  if (hatch) {
    hatch.setTransform(new DOMMatrix().scale(1 / (view.scale * scene.ratio)));
    pen.fillStyle = hatch;
    pen.fill(vague);
  }
  for (const country of outlined) {
    const chosen = scene.selected.has(country.code ?? '');
    pen.lineWidth = (chosen ? 2.2 : 1.4) / view.scale;
    pen.strokeStyle = chosen ? colours.focus : colours.ink;
    pen.stroke(country.path);
  }
}

const hatchings = new Map<string, CanvasPattern | null>();

/** Lines across a country: addresses that are somewhere in it. */
function hatching(pen: CanvasRenderingContext2D, colour: string, ratio: number): CanvasPattern | null {
  const key = `${colour} ${ratio}`;
  let pattern = hatchings.get(key);
  if (pattern === undefined) {
    pattern = tiled(pen, colour, ratio);
    hatchings.set(key, pattern);
  }
  return pattern;
}

function tiled(pen: CanvasRenderingContext2D, colour: string, ratio: number): CanvasPattern | null {
  const side = Math.round(6 * ratio);
  const tile = document.createElement('canvas');
  [tile.width, tile.height] = [side, side];
  const brush = tile.getContext('2d');
  if (!brush) return null;
  brush.strokeStyle = colour;
  brush.globalAlpha = 0.55;
  brush.lineWidth = 1.1 * ratio;
  brush.beginPath();
  for (const shift of [-side, 0, side]) {
    brush.moveTo(shift - 1, side + 1);
    brush.lineTo(shift + side + 1, -1);
  }
  brush.stroke();
  return pen.createPattern(tile, 'repeat');
}

/** The circle on the globe that an address lies within. */
function accuracy(pen: CanvasRenderingContext2D, at: MapAddress, colours: Palette, scale: number): void {
  if (at.latitude === null || at.longitude === null || !at.radiusKm) return;
  const circle = geoCircle().center([at.longitude, at.latitude]).radius((at.radiusKm / 6371) * (180 / Math.PI))();
  pen.beginPath();
  geoPath(projection, pen)(circle);
  pen.fillStyle = colours.accent;
  pen.globalAlpha = 0.14;
  pen.fill();
  pen.globalAlpha = 1;
  pen.lineWidth = 1.4 / scale;
  pen.strokeStyle = colours.accent;
  pen.stroke();
}

function mark(pen: CanvasRenderingContext2D, cluster: Cluster, scene: Scene): void {
  const { colours } = scene;
  const { x, y, radius } = cluster;
  pen.beginPath();
  if (cluster.doubtful) {
    const reach = radius * 1.25;
    pen.moveTo(x, y - reach);
    pen.lineTo(x + reach, y);
    pen.lineTo(x, y + reach);
    pen.lineTo(x - reach, y);
    pen.closePath();
  } else {
    pen.arc(x, y, radius, 0, 2 * Math.PI);
  }
  // On shades of the same hue a filled circle would be lost: there it is light with a dark edge.
  const light = cluster.doubtful || scene.steps !== null;
  pen.globalAlpha = light ? 0.8 : 0.5;
  pen.fillStyle = light ? colours.paper : colours.accent;
  pen.fill();
  pen.globalAlpha = 1;
  pen.lineWidth = cluster === scene.hoverCluster ? 2.2 : 1.1;
  pen.strokeStyle = cluster === scene.hoverCluster ? colours.ink : cluster.doubtful ? colours.warn : light ? colours.ink : colours.accent;
  pen.setLineDash(cluster.doubtful ? [3, 2] : []);
  pen.stroke();
  pen.setLineDash([]);
}

/** How many addresses a mark stands for: within it, or beside it where it is small. */
function number(pen: CanvasRenderingContext2D, { x, y, radius, size }: Cluster, colours: Palette): void {
  if (size < 2) return;
  const text = short(size);
  pen.fillStyle = colours.ink;
  pen.font = '600 10.5px system-ui, sans-serif';
  pen.textBaseline = 'middle';
  const inside = pen.measureText(text).width + 3 < 2 * radius;
  pen.textAlign = inside ? 'center' : 'left';
  if (inside) pen.fillText(text, x, y + 0.5);
  else haloed(pen, text, x + radius + 1.5, y + 0.5, colours);
}
