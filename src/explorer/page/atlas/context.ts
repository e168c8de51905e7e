// What a view about embeddings is given.
import type { Dictionary } from '../../../study/atlas/format.js';
import { type Address, link, type QueryValues, wholeNumber } from '../router.js';
import type { AtlasUnit } from './atlas-unit.js';
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

/** How many units there are. */
export const countOf = ({ data: { index } }: AtlasContext, of: Dictionary): number =>
  of === 'neurons' ? index.d : index.saes[of].dSae;

/** What an address says of a unit besides its own page: `feature=12`, `neuron=5`. */
export const unitValues = ({ of, index }: AtlasUnit): QueryValues =>
  of === 'neurons' ? { neuron: index } : { feature: index };

/** The unit that an address names so. */
export function chosenUnit(
  context: AtlasContext,
  query: URLSearchParams = context.address.query,
): AtlasUnit | undefined {
  const { sae, data } = context;
  const number = (name: string, of: Dictionary) => {
    const index = wholeNumber(query.get(name), 0, countOf(context, of) - 1);
    return index === undefined ? undefined : { of, index };
  };
  return (
    (sae === undefined ? undefined : number('feature', sae)) ??
    (data.index.neurons ? number('neuron', 'neurons') : undefined)
  );
}

/** The tap whose neurons there are, as `gpt2, blocks.0.hook_resid_post`. */
export const placeOf = ({ data: { index } }: AtlasContext): string =>
  index.network ? `${index.network.model}, ${index.network.tap}` : '';

/** Address of its page. */
export const unitPath = ({ link }: AtlasContext, { of, index }: AtlasUnit): string =>
  of === 'neurons' ? link(['neurons', index]) : link(['features', index], { sae: of || undefined });

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
