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

/** Between two changes: browsers refuse more than some 200 in ten seconds, Firefox by an exception. */
const PAUSE_MS = 200;
let last = Number.NEGATIVE_INFINITY;
let timer = 0;
let pending: { address: string; from: string } | undefined;

/**
 * Changes the address of the view in place: what controls were set to, without a step in the
 * history. At once, or a moment later where a slider or a turning curve changes it all the time.
 */
export function replaceAddress(address: string): void {
  pending = { address, from: location.href };
  const wait = last + PAUSE_MS - performance.now();
  if (wait <= 0) settleAddress();
  else timer ||= window.setTimeout(settleAddress, wait);
}

/** Makes a change that still waits; nothing where another view was opened meanwhile. */
export function settleAddress(): void {
  clearTimeout(timer);
  timer = 0;
  const change = pending;
  pending = undefined;
  if (!change || location.href !== change.from) return;
  last = performance.now();
  history.replaceState(history.state, '', change.address);
}
