/** Names of countries and the scale, which are read beside the marks. */
import { geoDistance } from 'd3-geo';

import type { View } from './cluster';
import type { Palette } from './palette';
import { count } from './scale';
import { projection, world } from './world';

/** From this zoom on countries have their names. */
export const NAMES_FROM = 3;
const EARTH_KM = 6371;
/** The scale is at most so long on the screen. */
const LONGEST = 120;

/** Writes a text that is read on land and water. */
export function haloed(pen: CanvasRenderingContext2D, text: string, x: number, y: number, colours: Palette): void {
  pen.save();
  pen.lineJoin = 'round';
  pen.lineWidth = 3;
  pen.strokeStyle = colours.paper;
  pen.strokeText(text, x, y);
  pen.restore();
  pen.fillText(text, x, y);
}

/** Writes the names of the countries that have room for theirs and hide no other's; returns which. */
export function countryNames(pen: CanvasRenderingContext2D, view: View, colours: Palette, name: (code: string) => string): string[] {
  const written: [number, number, number, number][] = [];
  const codes: string[] = [];
  pen.font = '500 11px system-ui, sans-serif';
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.fillStyle = colours.inkSoft;
  const size = (box: readonly number[]): number => (box[2] - box[0]) * (box[3] - box[1]);
  const largest = [...world().countries].sort((one, other) => size(other.box) - size(one.box));
  for (const { code, centre, box } of largest) {
    if (!code || codes.includes(code)) continue;
    const [x, y] = [view.x + centre[0] * view.scale, view.y + centre[1] * view.scale];
    if (x < 0 || y < 0 || x > view.width || y > view.height) continue;
    const text = name(code);
    const half = pen.measureText(text).width / 2;
    // A name may stand out a little over its country, not lie over its neighbours.
    if (half * 2 > (box[2] - box[0]) * view.scale * 1.3) continue;
    const place: [number, number, number, number] = [x - half - 4, y - 8, x + half + 4, y + 8];
    if (written.some(([left, top, right, bottom]) => place[0] < right && place[2] > left && place[1] < bottom && place[3] > top)) continue;
    written.push(place);
    codes.push(code);
    haloed(pen, text, x, y, colours);
  }
  return codes;
}

/** Kilometres of so many pixels across the middle of the picture. */
export function kmAcross(view: View, pixels: number): number | null {
  const [x, y] = [(view.width / 2 - view.x) / view.scale, (view.height / 2 - view.y) / view.scale];
  const half = pixels / 2 / view.scale;
  const [left, right] = [projection.invert?.([x - half, y]), projection.invert?.([x + half, y])];
  if (!left || !right || ![...left, ...right].every(Number.isFinite)) return null;
  return geoDistance(left, right) * EARTH_KM;
}

/** The longest round distance that has room: kilometres, and pixels. */
export function scaleBar(view: View): { km: number; pixels: number } | null {
  const km = kmAcross(view, LONGEST);
  if (km === null || !(km > 0)) return null;
  const ten = 10 ** Math.floor(Math.log10(km));
  const round = [5, 2, 1].map((digit) => digit * ten).find((length) => length <= km) ?? ten;
  return { km: round, pixels: (LONGEST * round) / km };
}

/** Draws the scale at the lower left. */
export function drawScale(pen: CanvasRenderingContext2D, view: View, colours: Palette): void {
  const bar = scaleBar(view);
  if (!bar) return;
  const [left, bottom] = [10, view.height - 10];
  pen.strokeStyle = colours.paper;
  pen.lineWidth = 4;
  const line = (): void => {
    pen.beginPath();
    pen.moveTo(left, bottom - 5);
    pen.lineTo(left, bottom);
    pen.lineTo(left + bar.pixels, bottom);
    pen.lineTo(left + bar.pixels, bottom - 5);
    pen.stroke();
  };
  line();
  pen.strokeStyle = colours.ink;
  pen.lineWidth = 1.3;
  line();
  pen.font = '11px system-ui, sans-serif';
  pen.textAlign = 'left';
  pen.textBaseline = 'alphabetic';
  pen.fillStyle = colours.ink;
  haloed(pen, `${count(bar.km)} km${bar.km >= 500 ? ' in the middle' : ''}`, left + 3, bottom - 8, colours);
}
