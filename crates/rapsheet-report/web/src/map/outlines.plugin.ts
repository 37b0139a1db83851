/**
 * The world's outlines, made small while the page is built: Natural Earth at 1:50 million, of which a fifth of the points
 * is kept (those that matter most to the shapes), on a grid of a few kilometres, with each country's middle and without names.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { geoArea, geoCentroid } from 'd3-geo';
import type { MultiPolygon, Polygon, Position } from 'geojson';
import { feature, quantize } from 'topojson-client';
import { presimplify, quantile, simplify, sphericalTriangleArea } from 'topojson-simplify';
import type { GeometryCollection, Topology } from 'topojson-specification';

/** What the libraries' types call a topology. */
type Loose = Parameters<typeof presimplify>[0];

/** What an outline bears: Natural Earth's name before, the middle after. */
interface Properties {
  name?: string;
  /** Longitude and latitude. */
  middle?: Position;
}

const MODULE = 'virtual:outlines';
/** How much of the points stays. */
const KEPT = 0.2;
/** Steps of the grid from west to east: about 4 km. */
const GRID = 10_000;

/** Returns the outlines with fewer points and without names; Kosovo alone, which has no number, keeps its name. */
export function slim(world: Topology): Topology {
  const weighed = presimplify(world as Loose, sphericalTriangleArea);
  const small = simplify(weighed, quantile(weighed, KEPT)) as unknown as Topology;
  const countries = small.objects.countries as GeometryCollection<Properties>;
  for (const country of countries.geometries) {
    if ((country.properties as Properties | undefined)?.name === 'Kosovo') country.id = 'XK';
    country.properties = { middle: middle(feature(small, country as never) as never) };
  }
  small.objects = { countries };
  return quantize(small as Loose, GRID) as unknown as Topology;
}

/** The middle of the largest part: that of the whole would put the United States beside California. */
function middle({ geometry }: { geometry: Polygon | MultiPolygon }): Position {
  const parts = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
  let largest = parts[0];
  let area = -1;
  for (const coordinates of parts) {
    const size = geoArea({ type: 'Polygon', coordinates });
    if (size > area && size < 2 * Math.PI) [largest, area] = [coordinates, size];
  }
  const centre = geoCentroid({ type: 'Polygon', coordinates: largest });
  const [longitude, latitude] = Number.isFinite(centre[0]) ? centre : largest[0][0];
  return [Math.round(longitude * 100) / 100, Math.round(latitude * 100) / 100];
}

/** Gives Vite the module `virtual:outlines`. */
export function outlines() {
  const resolved = `\0${MODULE}`;
  return {
    name: 'rapsheet-outlines',
    resolveId: (id: string) => (id === MODULE ? resolved : undefined),
    load(id: string) {
      if (id !== resolved) return undefined;
      const path = createRequire(import.meta.url).resolve('world-atlas/countries-50m.json');
      const world = slim(JSON.parse(readFileSync(path, 'utf8')) as Topology);
      return `export default JSON.parse(${JSON.stringify(JSON.stringify(world))});`;
    },
  };
}
