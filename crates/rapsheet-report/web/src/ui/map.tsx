// The map's place on the page. What is drawn is the map's own.

import { useEffect, useRef } from 'preact/hooks';
import { createMap } from '../map';
import type { MapAddress, MapHandle } from '../map';
import type { Report } from '../data/report';
import { useStore } from './context';
import { By } from './measure';
import { isPrinting, onPaper } from './print';
import { visible } from './text';

let regions: Intl.DisplayNames | null = null;
/** A country's name in the report's words, else in the browser's. */
export function countryName(report: Report, code: string): string {
  const dimension = report.cube.dimensions.get('country_iso_code');
  const place = dimension?.names.indexOf(code) ?? -1;
  const known = place > 0 ? report.labels.get('country_iso_code')?.[place] : null;
  if (known) return visible(known);
  try {
    regions ??= new Intl.DisplayNames('en', { type: 'region' });
    return regions.of(code) ?? code;
  } catch {
    return visible(code);
  }
}

/** The addresses as the map reads them. */
export function mapAddresses(report: Report): MapAddress[] {
  const { addresses, ip } = report;
  const latitude = addresses.numbers('location_latitude');
  const longitude = addresses.numbers('location_longitude');
  const radius = addresses.numbers('location_accuracy_radius');
  const country = report.codesOfAll('country_iso_code');
  const or = (value: number): number | null => (Number.isNaN(value) ? null : value);
  // Of addresses without a row the country is known, and no place in it.
  return Array.from({ length: report.counted }, (_, row) => ({
    latitude: or(latitude[row] ?? NaN),
    longitude: or(longitude[row] ?? NaN),
    radiusKm: or(radius[row] ?? NaN),
    country: country.names[country.codes[row]],
    get label() {
      return visible(ip.names[ip.codes[row] ?? 0] ?? '');
    },
  }));
}

export function WorldMap() {
  const store = useStore();
  const { report } = store;
  const host = useRef<HTMLDivElement>(null);
  const map = useRef<MapHandle | null>(null);
  const marked = useRef(false);
  const placed = report.addresses.codes('country_iso_code').names.length > 1 || report.addresses.numbers('location_latitude').some((value) => !Number.isNaN(value));
  useEffect(() => {
    if (!host.current || !placed) return undefined;
    const element = host.current;
    const created = createMap(element, {
      addresses: mapAddresses(report),
      countryName: (code) => countryName(report, code),
      onCountry: (code) => store.toggle('country_iso_code', code),
      onAddress: (address) => store.change({ sheet: report.ip.names[report.ip.codes[address]] }),
      reducedMotion: matchMedia('(prefers-reduced-motion: reduce)').matches,
    });
    map.current = created;
    const observer = new ResizeObserver(() => created.resize());
    observer.observe(element);
    if (isPrinting()) created.print(true);
    const stop = onPaper((printing) => created.print(printing));
    return () => {
      stop();
      observer.disconnect();
      created.destroy();
      map.current = null;
    };
  }, [report, placed]);
  const frame = store.frame.value;
  const { sheet } = store.view.value;
  useEffect(() => {
    const selected = sheet === null ? null : store.code('source_ip', sheet);
    let address: number | null = null;
    if (selected !== null && selected !== 0xffffffff) address = report.ip.codes.indexOf(selected);
    map.current?.update({
      attempts: frame.values.subarray(0, report.counted),
      measure: frame.measure,
      selectedAddress: address,
      selectedCountries: new Set((store.filters.peek().get('country_iso_code') ?? []).filter((code) => code !== null)),
    });
    // Asked for after the map's own frame, so it comes when that is painted: the end of the first view.
    if (map.current && !marked.current) requestAnimationFrame(() => performance.mark('rapsheet-map'));
    marked.current = true;
  }, [frame, sheet]);
  return (
    <section class="world" aria-labelledby="map">
      <h2 id="map">Where from <By /></h2>
      {placed ? <div class="map-host" ref={host} /> : <p class="empty">No country or place is known of these addresses. A database named by <code>--geo</code>, or <code>rapsheet geo update</code>, adds them.</p>}
    </section>
  );
}
