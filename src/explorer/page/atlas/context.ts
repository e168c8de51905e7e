// What a view about embeddings is given.
import type { FeatureLabel } from '../../../units/labels.js';
import { type Address, link, type QueryValues, wholeNumber } from '../router.js';
import type { AtlasData } from './data.js';

export interface AtlasContext {
  data: AtlasData;
  address: Address;
  /** Number of the SAE that the address names; undefined where there is none. */
  sae: number | undefined;
  /** An address with the same SAE. */
  link(path: readonly (string | number)[], values?: QueryValues): string;
}

export function contextOf(data: AtlasData, address: Address): AtlasContext {
  const count = data.index.saes.length;
  const chosen = wholeNumber(address.query.get('sae'), 0, count - 1);
  const sae = count ? (chosen ?? 0) : undefined;
  return {
    ...{ data, address, sae },
    link: (path, values = {}) => link(path, { sae: sae || undefined, ...values }),
  };
}

/** `f12`, `f12: words`. */
export const named = (feature: number, label: FeatureLabel | undefined): string =>
  label ? `f${feature}: ${label.label}` : `f${feature}`;

/** 88,876: digits in threes, the same in every browser. */
export const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

/** What a row is: `document`, `picture`, `token`. */
export const thing = ({ data }: AtlasContext): string => data.index.of.slice(0, -1);

/** `3 pictures`. */
export const things = (context: AtlasContext, n: number): string =>
  `${grouped(n)} ${thing(context)}${n === 1 ? '' : 's'}`;

/** `Pictures`, as a heading. */
export const heading = ({ data: { index } }: AtlasContext): string =>
  index.of[0].toUpperCase() + index.of.slice(1);

/** Class of a list of rows. */
export const listClass = ({ data: { index } }: AtlasContext): string =>
  index.of === 'pictures' ? 'results pictures' : 'results';
