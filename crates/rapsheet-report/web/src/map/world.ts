/** The world as the map draws it: one projection, the countries as paths in its coordinates. */
import { geoEqualEarth, geoEqualEarthRaw, geoPath } from 'd3-geo';
import type { GeoContext } from 'd3-geo';
import type { Feature, MultiPolygon, Polygon, Position } from 'geojson';
import { feature } from 'topojson-client';
import type { GeometryCollection } from 'topojson-specification';
import topology from 'virtual:outlines';

import { KOSOVO, lettersByNumber } from './iso';

/** The width of the drawing that everything is projected to, whatever the size on the screen. */
export const WIDTH = 1000;
/** Kilometres a unit of that drawing, about: areas are true everywhere, lengths nearly so. */
export const KM_A_UNIT = 34;

/** Equal Earth shows areas as they are, so a full map of a large country is no trick of the projection. */
export const projection = geoEqualEarth().fitWidth(WIDTH, { type: 'Sphere' });

const SCALE = projection.scale();
const [RIGHT, DOWN] = projection.translate();
const TURN = Math.PI / 180;

/** Projects longitude and latitude: the same as `projection`, without its pipeline, for fifty thousand points. */
export function project(at: Position): [number, number] {
  const [x, y] = geoEqualEarthRaw(at[0] * TURN, at[1] * TURN);
  return [RIGHT + SCALE * x, DOWN - SCALE * y];
}

/** What is seen at first: without the Antarctic, where few log in from. */
export const VIEW = {
  top: project([0, 84])[1],
  bottom: project([0, -60])[1],
};
export const HEIGHT = VIEW.bottom - VIEW.top;

/** A country's outline in the drawing's coordinates. */
export interface Country {
  /** Two letters, or none where nobody agrees on a country. */
  code: string | null;
  path: Path2D;
  box: [number, number, number, number];
  /** The middle of its largest part. */
  centre: [number, number];
}

/** Lands that Natural Earth draws as part of another or not at all: letters, latitude and longitude of a place on them. */
const APART =
  'BQ12.2,-68.3 BV-54.4,3.4 CC-12.2,96.8 CX-10.5,105.6 GF4,-53 GI36.1,-5.4 GP16.2,-61.6 MQ14.7,-61 RE-21.1,55.5 SJ78,16 TK-9.2,-171.8 TV-8.5,179.2 UM19.3,166.6 YT-12.8,45.2';

export interface World {
  countries: Country[];
  /** Where a country is marked when its outline is too small to be seen. */
  centres: Map<string, [number, number]>;
  sphere: Path2D;
  /** One point of each piece of land, in the drawing's coordinates: small islands are no more than that. */
  lands: [number, number][];
}

let known: World | undefined;

/** Returns the world; it is put together once. */
export function world(): World {
  known ??= assemble();
  return known;
}

/** Takes an outline in, as a path and with its box, in one go. */
class Outline implements GeoContext {
  readonly path = new Path2D();
  readonly box: Country['box'] = [Infinity, Infinity, -Infinity, -Infinity];

  moveTo(x: number, y: number): void {
    this.#meet(x, y);
    this.path.moveTo(x, y);
  }

  lineTo(x: number, y: number): void {
    this.#meet(x, y);
    this.path.lineTo(x, y);
  }

  closePath(): void {
    this.path.closePath();
  }

  arc(x: number, y: number, radius: number, from: number, to: number): void {
    this.path.arc(x, y, radius, from, to);
  }

  beginPath(): void {}

  #meet(x: number, y: number): void {
    const { box } = this;
    if (x < box[0]) box[0] = x;
    if (y < box[1]) box[1] = y;
    if (x > box[2]) box[2] = x;
    if (y > box[3]) box[3] = y;
  }
}

/**
 * The projection for outlines. It draws straight from point to point: the points are near enough to each other, and a border
 * along a parallel is a straight line in Equal Earth, which the search for curves between points (most of the work) would bend.
 */
const straight = geoEqualEarth().fitWidth(WIDTH, { type: 'Sphere' }).precision(0);

function assemble(): World {
  const letters = lettersByNumber();
  const shapes = feature(topology, topology.objects.countries as GeometryCollection).features as Feature<Polygon | MultiPolygon, { middle: Position }>[];
  const countries: Country[] = [];
  const centres = new Map<string, [number, number]>();
  const lands: [number, number][] = [];
  for (const shape of shapes) {
    const outline = new Outline();
    geoPath(straight, outline)(shape);
    const code = shape.id === KOSOVO ? KOSOVO : (letters.get(String(shape.id)) ?? null);
    const centre = project(shape.properties.middle);
    for (const part of parts(shape.geometry)) lands.push(project(part[0][0]));
    countries.push({ code, path: outline.path, box: outline.box, centre });
    if (code) centres.set(code, centre);
  }
  for (const [, code, latitude, longitude] of APART.matchAll(/([A-Z]{2})([-\d.]+),([-\d.]+)/g)) {
    const centre = project([Number(longitude), Number(latitude)]);
    centres.set(code, centre);
    lands.push(centre);
  }
  return { countries, centres, lands, sphere: new Path2D(geoPath(projection)({ type: 'Sphere' }) ?? '') };
}

const parts = (shape: Polygon | MultiPolygon): Position[][][] =>
  shape.type === 'Polygon' ? [shape.coordinates] : shape.coordinates;
