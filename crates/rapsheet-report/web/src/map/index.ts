/**
 * The map of the report: outlines in the page, circles for addresses, shades for countries.
 *
 * It is painted on one canvas, since fifty thousand addresses come and go with every step of the brush. Nothing here belongs to
 * the page's framework; what can be done with the pointer can be done in the table under the picture too.
 */
import './map.css';

import { select } from 'd3-selection';
import { zoom, zoomIdentity, type D3ZoomEvent } from 'd3-zoom';

import { legend, members, table, type Tally } from './aside';
import { Clusters, type Cluster, type Points, type View } from './cluster';
import { draw, squares, type CountrySum, type Scene } from './draw';
import { button, element, name } from './element';
import { landNear } from './land';
import { palette, whenColoursChange, type Palette } from './palette';
import { Kind, kindOf } from './place';
import { NAMES_FROM } from './names';
import { count, counted, shadeSteps } from './scale';
import { HEIGHT, VIEW, WIDTH, project, world } from './world';

export { outlinesOnly } from './small';

/** What the map needs to know of an address. */
export interface MapAddress {
  latitude: number | null;
  longitude: number | null;
  radiusKm: number | null;
  /** ISO 3166-1, two letters. */
  country: string | null;
  /** Its name; asked for where it is shown, since most never are. */
  readonly label: string;
}

/** What the present filters leave. */
export interface MapFrame {
  /** One per address; 0 is not shown. */
  attempts: Float64Array;
  /** The words for what is counted; without them, attempts. */
  measure?: { one: string; more: string };
  selectedAddress: number | null;
  selectedCountries: ReadonlySet<string>;
}

export interface MapOptions {
  addresses: readonly MapAddress[];
  countryName(code: string): string;
  onCountry(code: string): void;
  onAddress(address: number): void;
  onCluster?(addresses: readonly number[]): void;
  reducedMotion: boolean;
}

export interface MapHandle {
  update(frame: MapFrame): void;
  resize(): void;
  print(printing: boolean): void;
  zoomTo(address: number): void;
  destroy(): void;
}

/** The farthest that one can zoom in: a pixel is then about 150 m. */
const CLOSEST = 250;
/** How near to a mark a pointer or finger has to be. */
const REACH = 6;
const STEP = 1.8;
/** Pixels across the picture on paper. */
const PAPER = 720;

/** Puts the map into an element. */
export function createMap(host: HTMLElement, options: MapOptions): MapHandle {
  return new WorldMap(host, options);
}

/** The most that one turn of a wheel zooms: half of a doubling. A pinch comes as a wheel too, in small steps. */
const NOTCH = 0.5;

/** How far a wheel zooms, in doublings. */
export function wheelDelta({ deltaY, deltaMode, ctrlKey }: Pick<WheelEvent, 'deltaY' | 'deltaMode' | 'ctrlKey'>): number {
  const lines = deltaMode === 1 ? 0.05 : deltaMode === 2 ? 1 : 0.002;
  return Math.max(-NOTCH, Math.min(NOTCH, -deltaY * lines * (ctrlKey ? 10 : 2)));
}

type Hit = { cluster: Cluster } | { country: string } | null;

class WorldMap implements MapHandle {
  readonly #options: MapOptions;
  readonly #kinds: Uint8Array;
  readonly #points: Points;
  readonly #root = element('div', { class: 'map', role: 'group', 'aria-label': 'Map of the addresses' });
  readonly #canvas = element('canvas', {
    class: 'map-canvas',
    tabindex: '0',
    role: 'application',
    'aria-roledescription': 'map',
    'aria-label': 'World map: arrow keys move it, plus and minus zoom, 0 shows the whole world; the table under it holds the same',
  });
  readonly #tip = element('div', { class: 'map-tip', hidden: '' });
  readonly #hint = element('div', { class: 'map-hint', hidden: '' });
  readonly #list = element('div', { class: 'map-list', role: 'group', 'aria-label': 'Addresses at one spot', hidden: '' });
  readonly #legend = element('div', { class: 'map-legend' });
  readonly #tables = element('div', { class: 'map-tables', tabindex: '0', role: 'group', 'aria-label': 'The map as a table' });
  readonly #details = element('details', { class: 'map-table' }, element('summary', {}, 'The map as a table'), this.#tables);
  readonly #shade: HTMLButtonElement;
  readonly #zoom = zoom<HTMLCanvasElement, unknown>().scaleExtent([1, CLOSEST]).wheelDelta(wheelDelta);
  readonly #stops: (() => void)[] = [];
  #frame: MapFrame;
  #view: View = { scale: 1, x: 0, y: 0, width: 0, height: 0 };
  #transform = zoomIdentity;
  #clusters: Clusters;
  #sums = new Map<string, CountrySum>();
  #tally: Tally = { nowhere: 0, country: 0, origin: 0, centre: 0, sea: 0 };
  #steps: number[] | null = null;
  #shaded = false;
  #paper = false;
  #colours: Palette;
  #hover: Hit = null;
  #waiting = 0;
  #legendKey = '';

  constructor(host: HTMLElement, options: MapOptions) {
    this.#options = options;
    this.#frame = { attempts: new Float64Array(options.addresses.length), selectedAddress: null, selectedCountries: new Set() };
    [this.#kinds, this.#points] = place(options.addresses);
    // Where a database knows countries alone, shades are all that there is to see.
    this.#shaded = this.#points.index.length === 0;
    this.#shade = button('Shade countries', { 'aria-pressed': String(this.#shaded), class: 'map-shade' }, () => {
      this.#shaded = !this.#shaded;
      this.#shade.setAttribute('aria-pressed', String(this.#shaded));
      this.#count();
      this.#soon();
    });
    const tools = element(
      'div',
      { class: 'map-tools' },
      button('+', { 'aria-label': 'Zoom in' }, () => this.#zoomBy(STEP)),
      button('−', { 'aria-label': 'Zoom out' }, () => this.#zoomBy(1 / STEP)),
      button('⌂', { 'aria-label': 'Show the whole world' }, () => this.#reset()),
    );
    const picture = element('div', { class: 'map-picture', style: 'position: relative' }, this.#canvas, tools, this.#hint, this.#tip, this.#list);
    this.#root.append(picture, element('div', { class: 'map-under' }, this.#shade, this.#legend), this.#details);
    host.append(this.#root);
    this.#colours = palette(this.#root);
    this.#clusters = new Clusters(this.#points, this.#frame.attempts, this.#view);
    this.#listen();
    this.#fit();
    this.#soon();
  }

  /** The words for one and for more of what is counted. */
  get #measureWords(): [string, string] {
    const { measure } = this.#frame;
    return measure ? [measure.one, measure.more] : ['attempt', 'attempts'];
  }

  update(frame: MapFrame): void {
    this.#frame = frame;
    this.#count();
    this.#soon();
  }

  resize(): void {
    if (!this.#paper && this.#fit()) this.#paint();
  }

  /** Draws the picture for paper, whatever the screen has room for, and back. */
  print(printing: boolean): void {
    this.#paper = printing;
    this.#colours = palette(this.#root);
    this.#fit();
    this.#paint();
  }

  /** Fits the canvas to its place; tells whether that changed anything. */
  #fit(): boolean {
    const [width, height] = this.#paper ? [PAPER, Math.round((PAPER * HEIGHT) / WIDTH)] : [this.#canvas.clientWidth, this.#canvas.clientHeight];
    if (width === 0 || height === 0) return false;
    const ratio = this.#ratio();
    const [right, down] = [Math.round(width * ratio), Math.round(height * ratio)];
    const same = this.#view.width === width && this.#view.height === height && this.#canvas.width === right && this.#canvas.height === down;
    if (same) return false;
    [this.#canvas.width, this.#canvas.height] = [right, down];
    this.#view = { ...this.#view, width, height };
    this.#zoom.extent([[0, 0], [width, height]]).translateExtent([[0, 0], [width, height]]);
    return true;
  }

  #ratio(): number {
    return this.#paper ? 3 : devicePixelRatio || 1;
  }

  zoomTo(address: number): void {
    const { latitude, longitude, radiusKm } = this.#options.addresses[address];
    if (latitude === null || longitude === null) return;
    // The accuracy circle takes about a third of the height.
    const [x, y] = project([longitude, latitude]);
    this.#goTo(x, y, Math.min(CLOSEST, Math.max(2, 2000 / Math.max(radiusKm ?? 0, 50))));
  }

  destroy(): void {
    cancelAnimationFrame(this.#waiting);
    for (const stop of this.#stops) stop();
    this.#root.remove();
  }

  #listen(): void {
    const canvas = select(this.#canvas);
    this.#zoom
      .filter((event: Event) => this.#wanted(event))
      .on('zoom', (event: D3ZoomEvent<HTMLCanvasElement, unknown>) => {
        this.#transform = event.transform;
        this.#closeList();
        this.#point(null);
        this.#soon();
      });
    canvas.call(this.#zoom).on('dblclick.zoom', null);
    this.#canvas.addEventListener('pointermove', (event) => this.#point(event));
    this.#canvas.addEventListener('pointerleave', () => this.#point(null));
    this.#canvas.addEventListener('click', (event) => this.#click(event));
    this.#canvas.addEventListener('keydown', (event) => this.#key(event));
    this.#list.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      this.#closeList();
      this.#canvas.focus({ preventScroll: true });
    });
    this.#details.addEventListener('toggle', () => this.#fillTables());
    this.#stops.push(
      whenColoursChange(() => {
        this.#colours = palette(this.#root);
        this.#paint();
      }),
    );
    const watcher = new ResizeObserver(() => this.resize());
    watcher.observe(this.#canvas);
    this.#stops.push(() => watcher.disconnect());
  }

  /** The page scrolls over the map; whoever wants to zoom holds Control or has clicked into it. */
  #wanted(event: Event): boolean {
    if (event instanceof WheelEvent) {
      const meant = event.ctrlKey || event.metaKey || document.activeElement === this.#canvas;
      if (!meant) this.#say('Click the map or hold Ctrl to zoom with the wheel');
      return meant;
    }
    return !(event instanceof MouseEvent) || event.button === 0;
  }

  #say(text: string): void {
    this.#hint.textContent = text;
    this.#hint.hidden = false;
    setTimeout(() => (this.#hint.hidden = true), 1600);
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { width, height } = this.#view;
    const moves: Record<string, [number, number]> = {
      ArrowLeft: [width / 8, 0],
      ArrowRight: [-width / 8, 0],
      ArrowUp: [0, height / 8],
      ArrowDown: [0, -height / 8],
    };
    const move = moves[event.key];
    if (move) select(this.#canvas).call(this.#zoom.translateBy, move[0] / this.#transform.k, move[1] / this.#transform.k);
    else if (event.key === '+' || event.key === '=') this.#zoomBy(STEP);
    else if (event.key === '-') this.#zoomBy(1 / STEP);
    else if (event.key === '0' || event.key === 'Home') this.#reset();
    else return;
    event.preventDefault();
  }

  #zoomBy(factor: number): void {
    const { width, height } = this.#view;
    const [x, y] = this.#transform.invert([width / 2, height / 2]);
    const scale = Math.min(CLOSEST, Math.max(1, this.#transform.k * factor));
    this.#move(zoomIdentity.translate(width / 2, height / 2).scale(scale).translate(-x, -y));
  }

  #reset(): void {
    this.#move(zoomIdentity);
  }

  /** Brings a place of the drawing to the middle. */
  #goTo(x: number, y: number, scale: number): void {
    const { width, height } = this.#view;
    const whole = this.#whole();
    this.#move(zoomIdentity.translate(width / 2, height / 2).scale(scale).translate(-(whole.x + x * whole.scale), -(whole.y + y * whole.scale)));
  }

  #move(to: typeof zoomIdentity): void {
    if (this.#options.reducedMotion) {
      this.#zoom.transform(select(this.#canvas), to);
      return;
    }
    // A short glide shows where one goes.
    const from = this.#transform;
    const begin = performance.now();
    const LENGTH = 220;
    const glide = (now: number) => {
      const part = Math.min(1, Math.max(0, (now - begin) / LENGTH));
      const ease = 1 - (1 - part) ** 3;
      const scale = from.k * (to.k / from.k) ** ease;
      // Positions follow the scale, so that the place aimed at moves on a straight line.
      const share = to.k === from.k ? ease : (scale - from.k) / (to.k - from.k);
      const at = zoomIdentity.translate(from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share).scale(scale);
      this.#zoom.transform(select(this.#canvas), part < 1 ? at : to);
      if (part < 1) requestAnimationFrame(glide);
    };
    requestAnimationFrame(glide);
  }

  /** Where the drawing lies while nothing is zoomed. */
  #whole(): { scale: number; x: number; y: number } {
    const { width, height } = this.#view;
    const scale = Math.min(width / WIDTH, height / HEIGHT);
    return { scale, x: (width - WIDTH * scale) / 2, y: (height - HEIGHT * scale) / 2 - VIEW.top * scale };
  }

  #look(): void {
    const whole = this.#whole();
    const { k, x, y } = this.#transform;
    this.#view = { ...this.#view, scale: whole.scale * k, x: x + whole.x * k, y: y + whole.y * k };
  }

  #count(): void {
    const { addresses } = this.#options;
    const { attempts } = this.#frame;
    const sums = new Map<string, CountrySum>();
    const kinds = new Float64Array(6);
    for (let at = 0; at < addresses.length; at++) {
      const tries = attempts[at];
      if (!(tries > 0)) continue;
      const kind = this.#kinds[at];
      kinds[kind] += 1;
      const { country } = addresses[at];
      if (!country) continue;
      let sum = sums.get(country);
      if (!sum) sums.set(country, (sum = { attempts: 0, addresses: 0, pointless: 0, pointlessAttempts: 0 }));
      sum.attempts += tries;
      sum.addresses += 1;
      if (kind === Kind.Country) {
        sum.pointless += 1;
        sum.pointlessAttempts += tries;
      }
    }
    this.#sums = sums;
    this.#tally = { nowhere: kinds[Kind.Nowhere], country: kinds[Kind.Country], origin: kinds[Kind.Origin], centre: kinds[Kind.Centre], sea: kinds[Kind.Sea] };
    let most = 0;
    for (const sum of sums.values()) most = Math.max(most, sum.attempts);
    this.#steps = this.#shaded ? shadeSteps(most) : null;
  }

  #soon(): void {
    if (this.#waiting) return;
    this.#waiting = requestAnimationFrame(() => this.#paint());
  }

  #paint(): void {
    cancelAnimationFrame(this.#waiting);
    this.#waiting = 0;
    if (this.#view.width === 0) return;
    this.#look();
    this.#clusters = new Clusters(this.#points, this.#frame.attempts, this.#view);
    this.#draw();
    const key = JSON.stringify([this.#clusters.most, this.#steps, this.#tally, this.#measureWords]);
    if (key !== this.#legendKey) legend(this.#legend, this.#clusters.most, this.#steps, this.#tally, this.#hatched(), this.#measureWords[1]);
    this.#legendKey = key;
    this.#fillTables();
  }

  /** Whether hatching tells anything: among shades it does only where other addresses are points. */
  #hatched(): boolean {
    return !this.#shaded || this.#points.index.length > 0;
  }

  #draw(): void {
    const pen = this.#canvas.getContext('2d');
    if (pen) draw(pen, this.#scene());
  }

  #scene(): Scene {
    const { addresses } = this.#options;
    const { selectedAddress, selectedCountries } = this.#frame;
    const chosen = selectedAddress === null ? undefined : addresses[selectedAddress];
    const over = this.#hover && 'cluster' in this.#hover ? this.#hover.cluster : null;
    const circled = [chosen, over?.size === 1 ? addresses[over.top] : undefined].filter((address) => address !== undefined);
    let ring: [number, number] | null = null;
    if (chosen && chosen.latitude !== null && chosen.longitude !== null) {
      const [x, y] = project([chosen.longitude, chosen.latitude]);
      ring = [this.#view.x + x * this.#view.scale, this.#view.y + y * this.#view.scale];
    }
    return {
      view: this.#view,
      ratio: this.#ratio(),
      colours: this.#colours,
      clusters: this.#clusters.list,
      sums: this.#sums,
      steps: this.#steps,
      hatched: this.#hatched(),
      selected: selectedCountries,
      hoverCountry: this.#hover && 'country' in this.#hover ? this.#hover.country : null,
      hoverCluster: over,
      circled,
      ring,
      countryName: this.#transform.k >= NAMES_FROM ? this.#options.countryName : null,
      scaled: true,
    };
  }

  #hit(event: MouseEvent): Hit {
    const { left, top } = this.#canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    let nearest: Cluster | undefined;
    let least = Infinity;
    for (const cluster of this.#clusters.list) {
      const distance = Math.hypot(cluster.x - x, cluster.y - y) - cluster.radius;
      if (distance < REACH && distance < least) [nearest, least] = [cluster, distance];
    }
    if (nearest) return { cluster: nearest };
    const square = squares(this.#scene()).find((mark) => Math.abs(mark.x - x) < REACH + 3 && Math.abs(mark.y - y) < REACH + 3);
    if (square) return { country: square.code };
    const pen = this.#canvas.getContext('2d');
    if (!pen) return null;
    const [right, down] = [(x - this.#view.x) / this.#view.scale, (y - this.#view.y) / this.#view.scale];
    pen.setTransform(1, 0, 0, 1, 0, 0);
    for (const { code, box, path } of world().countries) {
      if (!code || right < box[0] || right > box[2] || down < box[1] || down > box[3]) continue;
      if (pen.isPointInPath(path, right, down)) return { country: code };
    }
    return null;
  }

  #point(event: PointerEvent | null): void {
    const hit = event && event.buttons === 0 ? this.#hit(event) : null;
    const same = JSON.stringify([this.#hover && 'country' in this.#hover ? this.#hover.country : null]) === JSON.stringify([hit && 'country' in hit ? hit.country : null]);
    const changed = !same || (this.#hover && 'cluster' in this.#hover ? this.#hover.cluster : null) !== (hit && 'cluster' in hit ? hit.cluster : null);
    this.#hover = hit;
    this.#canvas.classList.toggle('over', hit !== null);
    if (changed) this.#draw();
    this.#tip.hidden = hit === null;
    if (!hit || !event) return;
    if (changed || this.#tip.childElementCount === 0) this.#tip.replaceChildren(...this.#words(hit));
    const { left, top } = this.#canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    const beside = x > this.#view.width / 2 ? x - this.#tip.offsetWidth - 14 : x + 14;
    this.#tip.style.left = `${Math.max(0, Math.min(beside, this.#view.width - this.#tip.offsetWidth))}px`;
    this.#tip.style.top = `${Math.max(0, y + 14)}px`;
  }

  #words(hit: Exclude<Hit, null>): Node[] {
    const line = (...parts: (Node | string)[]) => element('div', {}, ...parts);
    if ('country' in hit) {
      const sum = this.#sums.get(hit.country);
      const lines = [line(this.#options.countryName(hit.country))];
      if (!sum) return [...lines, line(`no ${this.#measureWords[1]} shown`)];
      lines.push(line(`${counted(sum.attempts, ...this.#measureWords)} by ${counted(sum.addresses, 'address', 'addresses')}`));
      if (sum.pointless > 0) lines.push(line(`${count(sum.pointless)} known by country only, ${counted(sum.pointlessAttempts, ...this.#measureWords)}`));
      return lines;
    }
    const { cluster } = hit;
    const top = this.#options.addresses[cluster.top];
    const attempts = counted(cluster.attempts, ...this.#measureWords);
    if (cluster.size > 1) return [line(counted(cluster.size, 'address', 'addresses')), line(attempts), line('most: ', name(top.label)), line('click to look closer')];
    const lines = [line(name(top.label)), line(attempts)];
    if (top.country) lines.push(line(this.#options.countryName(top.country)));
    const kind = this.#kinds[cluster.top];
    if (kind === Kind.Origin) lines.push(line('at 0, 0: a place that stands for "unknown"'));
    if (kind === Kind.Centre) lines.push(line('the middle of a country or region, not where it is'));
    if (kind === Kind.Sea) lines.push(line('in the sea: nobody is there'));
    if (top.radiusKm) lines.push(line(`within ${count(top.radiusKm)} km`));
    return lines;
  }

  #click(event: MouseEvent): void {
    const hit = this.#hit(event);
    if (!hit) return;
    if ('country' in hit) this.#options.onCountry(hit.country);
    else this.#open(hit.cluster);
  }

  /** One address: its sheet. Several apart: closer. Several on one spot: their list. */
  #open(cluster: Cluster): void {
    if (cluster.size === 1) {
      this.#options.onAddress(cluster.top);
      return;
    }
    const addresses = this.#clusters.members(cluster);
    this.#options.onCluster?.(addresses);
    const spread = this.#clusters.spread(cluster);
    if (spread * this.#whole().scale * CLOSEST < 40 || this.#transform.k >= CLOSEST) {
      members(this.#list, addresses, this.#options.addresses, this.#frame.attempts, this.#measureWords, (address) => this.#options.onAddress(address), () => {
        this.#closeList();
        this.#canvas.focus({ preventScroll: true });
      });
      return;
    }
    const [x, y] = [(cluster.x - this.#view.x) / this.#view.scale, (cluster.y - this.#view.y) / this.#view.scale];
    const fitting = Math.min(this.#view.width, this.#view.height) / 2 / (spread * this.#whole().scale);
    this.#goTo(x, y, Math.min(CLOSEST, Math.max(this.#transform.k * STEP, fitting)));
  }

  #closeList(): void {
    if (this.#list.hidden) return;
    this.#list.hidden = true;
    this.#list.replaceChildren();
  }

  #fillTables(): void {
    if (!this.#details.open) return;
    const { addresses, countryName, onCountry } = this.#options;
    const places = this.#clusters.list
      .filter(({ x, y }) => x >= 0 && y >= 0 && x <= this.#view.width && y <= this.#view.height)
      .slice(0, 50)
      .map((cluster) => ({
        text: cluster.size === 1 ? addresses[cluster.top].label.slice(0, 120) : `${count(cluster.size)} addresses, most: ${addresses[cluster.top].label.slice(0, 80)}`,
        attempts: cluster.attempts,
        act: () => this.#open(cluster),
      }));
    table(this.#tables, this.#sums, this.#frame.selectedCountries, (code) => countryName(code), (code) => onCountry(code), places, this.#measureWords[1]);
  }
}

/** Finds out once how each address is drawn, and where. */
function place(addresses: readonly MapAddress[]): [Uint8Array, Points] {
  // The picture of all land is made where a point asks for it: with countries alone there is none.
  let land: ReturnType<typeof landNear> | null = null;
  const near: ReturnType<typeof landNear> = (longitude, latitude, km) => (land ??= landNear())(longitude, latitude, km);
  const kinds = Uint8Array.from(addresses, (address) => kindOf(address, near));
  const drawn: number[] = [];
  kinds.forEach((kind, at) => {
    if (kind >= Kind.Point) drawn.push(at);
  });
  const points: Points = {
    index: Int32Array.from(drawn),
    x: new Float32Array(drawn.length),
    y: new Float32Array(drawn.length),
    doubtful: Uint8Array.from(drawn, (at) => (kinds[at] > Kind.Point ? 1 : 0)),
  };
  drawn.forEach((address, at) => {
    const { latitude, longitude } = addresses[address];
    [points.x[at], points.y[at]] = project([longitude ?? 0, latitude ?? 0]);
  });
  return [kinds, points];
}
