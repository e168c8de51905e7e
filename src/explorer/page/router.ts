// Addresses: #/path?key=value. The part behind # never reaches a server, so that every view
// has its own address on any static host.

export interface Address {
  path: string[];
  query: URLSearchParams;
}

/** Longer addresses are cut: nothing here needs them. */
const MAX_ADDRESS = 4096;

export function parseAddress(hash: string): Address {
  const text = hash.slice(0, MAX_ADDRESS).replace(/^#?\/?/, '');
  const cut = text.indexOf('?');
  const path = (cut < 0 ? text : text.slice(0, cut)).split('/').filter(Boolean).map(decoded);
  return { path, query: new URLSearchParams(cut < 0 ? '' : text.slice(cut + 1)) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export type QueryValues = Record<string, string | number | boolean | undefined>;

/** `link(['feature', 12], {run: 'b'})`. Values that are undefined, false or '' are left out. */
export function link(path: readonly (string | number)[], values: QueryValues = {}): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(values))
    if (value !== undefined && value !== false && value !== '')
      query.set(key, value === true ? '1' : String(value));
  const text = query.toString();
  return `#/${path.map((p) => encodeURIComponent(p)).join('/')}${text && `?${text}`}`;
}

/** A whole number of the address within [low, high]; otherwise undefined. */
export function wholeNumber(text: string | null | undefined, low: number, high: number): number | undefined {
  if (!text || !/^\d{1,9}$/.test(text)) return undefined;
  const n = Number(text);
  return n >= low && n <= high ? n : undefined;
}

/** A number of the address, held within [low, high]. */
export function numberOf(text: string | null, low: number, high: number, fallback: number): number {
  const n = text === null || text === '' ? Number.NaN : Number(text);
  return Number.isFinite(n) ? Math.min(high, Math.max(low, n)) : fallback;
}

/** Changes the address of the view in place: what controls were set to, without a step in the history. */
export function replaceAddress(address: string): void {
  history.replaceState(history.state, '', address);
}
