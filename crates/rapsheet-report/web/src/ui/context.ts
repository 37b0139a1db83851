import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Store } from '../state/view';

const Place = createContext<Store | null>(null);
export const StoreProvider = Place.Provider;

/** The page's store. */
export function useStore(): Store {
  const store = useContext(Place);
  if (!store) throw new Error('no store');
  return store;
}

/** Words of a dimension for readers. */
export const WORDS: Readonly<Record<string, string>> = {
  source_ip: 'Address',
  country_iso_code: 'Country',
  traits_autonomous_system_number: 'AS',
  source_network: 'Network',
  user_name: 'User',
  reason: 'Reason',
  service_name: 'Service',
  host_name: 'Server',
  counts_as: 'Kind',
  fail2ban_jail: 'Jail',
  traits_user_type: 'User type',
  traits_connection_type: 'Connection',
  anonymous_kind: 'Anonymity',
  url_path: 'Path',
  user_agent_original: 'Agent',
  http_response_status_code: 'Status',
  missed_path: 'Not found',
  http_referrer: 'Referrer',
  browser: 'Browser',
  os: 'System',
  hour_of_week: 'Hours',
};

/** Words for what is absent or empty, and for codes that have better ones. */
export function wordsOf(store: Store, dimension: string, value: string | null): { text: string; code: string | null; plain: boolean } {
  if (value === null) return { text: store.report.meta.panels.find((panel) => panel.by === dimension)?.absent ?? 'none', code: null, plain: true };
  if (value === '') return { text: 'empty name', code: null, plain: true };
  const label = store.report.labels.get(dimension)?.[store.code(dimension, value)] ?? null;
  if (dimension === 'country_iso_code') return { text: label ?? value, code: value, plain: false };
  if (dimension === 'traits_autonomous_system_number') return { text: label ?? `AS${value}`, code: `AS${value}`, plain: false };
  if (dimension === 'hour_of_week') return { text: label ?? value, code: null, plain: false };
  if (dimension === 'reason') return { text: value.replace(/_/g, ' '), code: null, plain: false };
  return { text: value, code: null, plain: false };
}
