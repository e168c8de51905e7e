// What a query is set to: all of it in the address.
import { STEER_METHODS, type SteerMethod } from '../../../study/search/steer.js';
import { numberOf, type QueryValues } from '../router.js';

export interface QueryState {
  /** Value by feature, in units of its strength: exactly so much. */
  steer: Map<number, number>;
  method: SteerMethod;
  top: number;
  where: string;
  cosine: boolean;
}

export const TOPS = [10, 20, 50, 100];

/** Sliders go so far; what an address says may go further. */
export const MOST_STEER = 4;
const FURTHEST = 32;
const MOST_FEATURES = 24;

/** `byCosine`: what vectors are compared by unless the address says it. */
export function queryState(query: URLSearchParams, dSae: number, byCosine: boolean): QueryState {
  const steer = new Map<number, number>();
  for (const part of (query.get('steer') ?? '').split(',')) {
    const match = /^f(\d{1,9})=(\d{1,3}(?:\.\d{1,3})?)$/.exec(part);
    if (match && Number(match[1]) < dSae && steer.size < MOST_FEATURES)
      steer.set(Number(match[1]), Math.min(FURTHEST, Number(match[2])));
  }
  const method = STEER_METHODS.find((m) => m === query.get('method')) ?? 'direction';
  const top = TOPS.find((n) => n === numberOf(query.get('top'), 1, 1000, 10)) ?? 10;
  return {
    steer,
    method,
    top,
    where: (query.get('where') ?? '').slice(0, 500),
    cosine: byCosine ? query.get('cosine') !== '0' : query.get('cosine') === '1',
  };
}

/** As `search --steer` takes them. */
export const wishesOf = ({ steer }: QueryState): string[] =>
  [...steer].map(([feature, value]) => `f${feature}=${value}`);

export const queryValues = (state: QueryState, byCosine: boolean): QueryValues => ({
  steer: wishesOf(state).join(',') || undefined,
  method: state.method === 'direction' ? undefined : state.method,
  top: state.top === 10 ? undefined : state.top,
  where: state.where || undefined,
  cosine: state.cosine === byCosine ? undefined : Number(state.cosine),
});

/** Conditions as they are written, one after the other with commas. */
export const conditionsOf = (where: string): string[] =>
  where
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
