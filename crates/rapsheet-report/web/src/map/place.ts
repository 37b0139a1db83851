/** Where an address is drawn, and whether anybody can be there. */
import type { MapAddress } from './index';

/** What an address is drawn as. */
export enum Kind {
  /** Nothing is known: it is only counted. */
  Nowhere = 0,
  /** Its country is known and no more. */
  Country = 1,
  /** A point. */
  Point = 2,
  /** Latitude and longitude 0: what software writes for "unknown". */
  Origin = 3,
  /** A point that stands for a whole country or region. */
  Centre = 4,
  /** Farther from any land than the database says that it can be wrong. */
  Sea = 5,
}

/** From this radius on, a point says no more than the country or region. */
export const VAGUE_KM = 200;

/** Points that databases give for a country of which they know no place: latitude, longitude. */
const CENTRES = [
  '37.751,-97.822', '38,-97', '39.76,-98.5', '51.2993,9.491', '51,9', '34.7725,113.7266', '35,105', '20.0063,77.006', '21.9974,79.0011', '20,77',
  '-33.494,143.2104', '-27,133', '43.1479,12.1097', '42.8333,12.8333', '47.1449,8.1551', '47,8', '60,100', '-10,-55', '60,-95', '46,2', '54,-2', '62,10', '62,15',
  '52.5,5.75', '40,-4', '49,32', '52,20', '16,106', '23.5,121', '37,127.5', '36,138',
];
/** Latitude and longitude to four places as one number, since text for fifty thousand addresses takes its time. */
const spot = (latitude: number, longitude: number): number => Math.round(latitude * 1e4) * 1e7 + Math.round(longitude * 1e4);
const KNOWN_CENTRES = new Set(
  CENTRES.map((text) => {
    const [latitude, longitude] = text.split(',').map(Number);
    return spot(latitude, longitude);
  }),
);

/** Tells how an address is drawn. `onLand` answers whether there is land within so many kilometres. */
export function kindOf(address: MapAddress, onLand: (longitude: number, latitude: number, km: number) => boolean): Kind {
  const { latitude, longitude, radiusKm } = address;
  const valid =
    latitude !== null && longitude !== null && Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  if (!valid) return address.country ? Kind.Country : Kind.Nowhere;
  if (latitude === 0 && longitude === 0) return Kind.Origin;
  if ((radiusKm ?? 0) >= VAGUE_KM || KNOWN_CENTRES.has(spot(latitude, longitude))) return Kind.Centre;
  return onLand(longitude, latitude, radiusKm ?? 0) ? Kind.Point : Kind.Sea;
}
