/** What stands beside the picture: legend, tooltip, the list of a mark's addresses, and the map as a table. */
import type { CountrySum } from './draw';
import { button, element, name } from './element';
import type { MapAddress } from './index';
import { radiusOf, sizeSteps } from './marks';
import { count, counted } from './scale';

/** How many addresses are drawn as what. */
export interface Tally {
  nowhere: number;
  country: number;
  origin: number;
  centre: number;
  sea: number;
}

const SVG = 'http://www.w3.org/2000/svg';

function picture(width: number, height: number, kind: string, attributes: Record<string, string>): SVGSVGElement {
  const frame = document.createElementNS(SVG, 'svg');
  for (const [key, value] of Object.entries({ width: `${width}`, height: `${height}`, 'aria-hidden': 'true' })) frame.setAttribute(key, value);
  const shape = document.createElementNS(SVG, kind);
  for (const [key, value] of Object.entries(attributes)) shape.setAttribute(key, value);
  frame.append(shape);
  return frame;
}

/** Writes the legend. */
export function legend(host: HTMLElement, most: number, shades: readonly number[] | null, tally: Tally, hatched: boolean, words: string): void {
  const parts: Node[] = [];
  if (most > 0) {
    const sizes = element('span', { class: 'map-key' });
    const steps = sizeSteps(most);
    for (const step of steps) {
      const radius = radiusOf(step);
      const side = 2 * radius + 2;
      const circle = picture(side, side, 'circle', { cx: `${side / 2}`, cy: `${side / 2}`, r: `${radius}`, class: shades ? 'map-key-circle light' : 'map-key-circle' });
      sizes.append(circle, element('span', {}, step === steps[steps.length - 1] ? `${count(step)} and more ${words}` : `from ${count(step)}`));
    }
    parts.push(sizes, element('span', { class: 'map-key map-key-number' }, element('b', {}, '12'), element('span', {}, 'a number: so many addresses in one mark')));
  }
  if (shades) {
    const ramp = element('span', { class: 'map-key' }, element('span', {}, `${words} of the country`));
    shades.forEach((step, at) => {
      ramp.append(element('span', { class: 'map-key-shade', style: `background: var(--ramp-${at + 1})` }), element('span', {}, `≥ ${count(step)}`));
    });
    parts.push(ramp);
  }
  if (tally.country > 0) {
    parts.push(
      element(
        'span',
        { class: 'map-key map-key-text' },
        ...(hatched ? [element('span', { class: 'map-key-hatch' })] : []),
        element('span', {}, `${counted(tally.country, 'address', 'addresses')} of which only the country is known`),
      ),
    );
  }
  const doubtful = tally.origin + tally.centre + tally.sea;
  if (doubtful > 0) {
    const why = [
      tally.centre > 0 ? `${count(tally.centre)} at the middle of a country or region` : '',
      tally.sea > 0 ? `${count(tally.sea)} in the sea` : '',
      tally.origin > 0 ? `${count(tally.origin)} at 0, 0` : '',
    ].filter(Boolean);
    parts.push(
      element(
        'span',
        { class: 'map-key map-key-text' },
        picture(14, 14, 'path', { d: 'M7 1 L13 7 L7 13 L1 7 Z', class: 'map-key-doubt' }),
        element('span', {}, `${counted(doubtful, 'address', 'addresses')} where nobody can be: ${why.join(', ')}`),
      ),
    );
  }
  if (tally.nowhere > 0) parts.push(element('span', { class: 'map-key' }, `${counted(tally.nowhere, 'address', 'addresses')} of unknown place, not on the map`));
  host.replaceChildren(...parts);
}

/** Writes the table of countries and of the places in view. */
export function table(
  host: HTMLElement,
  sums: ReadonlyMap<string, CountrySum>,
  selected: ReadonlySet<string>,
  countryName: (code: string) => string,
  onCountry: (code: string) => void,
  places: { text: string; attempts: number; act: () => void }[],
  words: string,
): void {
  const title = words[0].toUpperCase() + words.slice(1);
  const head = (...titles: string[]) => element('thead', {}, element('tr', {}, ...titles.map((title) => element('th', { scope: 'col' }, title))));
  const rows = [...sums].filter(([, sum]) => sum.attempts > 0).sort((one, other) => other[1].attempts - one[1].attempts);
  const body = element('tbody');
  for (const [code, sum] of rows) {
    const toggle = button(countryName(code), { 'aria-pressed': String(selected.has(code)), 'data-country': code }, () => onCountry(code));
    body.append(
      element(
        'tr',
        {},
        element('th', { scope: 'row' }, toggle),
        element('td', {}, count(sum.addresses)),
        element('td', {}, count(sum.attempts)),
        element('td', {}, count(sum.pointless)),
      ),
    );
  }
  const countries = element('table', { class: 'map-countries' }, element('caption', {}, 'Countries'), head('Country', 'Addresses', title, 'Without a point'), body);
  const spots = element('tbody');
  for (const place of places) {
    spots.append(element('tr', {}, element('th', { scope: 'row' }, button(place.text, {}, place.act)), element('td', {}, count(place.attempts))));
  }
  const marks = element('table', { class: 'map-places' }, element('caption', {}, 'Largest marks in view'), head('Mark', title), spots);
  host.replaceChildren(countries, marks);
}

/** Writes the list of addresses that lie on one spot. */
export function members(
  host: HTMLElement,
  addresses: readonly number[],
  all: readonly MapAddress[],
  attempts: Float64Array,
  words: readonly [string, string],
  open: (address: number) => void,
  close: () => void,
): void {
  const MOST = 200;
  const list = element('ul');
  for (const address of addresses.slice(0, MOST)) {
    const opener = button('', { 'data-address': String(address) }, () => open(address));
    opener.append(name(all[address].label));
    list.append(element('li', {}, opener, ` ${counted(attempts[address], ...words)}`));
  }
  if (addresses.length > MOST) list.append(element('li', {}, `and ${count(addresses.length - MOST)} more`));
  const shut = button('×', { 'aria-label': 'Close the list', class: 'map-list-close' }, close);
  host.replaceChildren(element('strong', {}, `${counted(addresses.length, 'address', 'addresses')} at one spot`), shut, list);
  host.hidden = false;
  shut.focus({ preventScroll: true });
}
