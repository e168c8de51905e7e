// The result of the curve study in one sentence or two: the same words in the report and the explorer.
import { wideGaps } from './gaps.js';
import type { CurveResult } from './types.js';

const deg = (v: number): string => `${v.toFixed(0)}°`;
const plural = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

export function finding({ neurons, features, filledGaps }: CurveResult): string {
  if (neurons.count === 0 && !features?.count)
    return 'No curve detector was found, neither among the neurons nor among the features.';
  const gaps = neurons.count ? wideGaps(neurons.detectors) : [];
  const first = `${plural(neurons.count, 'neuron')} of this layer ${neurons.count === 1 ? 'is a curve detector' : 'are curve detectors'}`;
  const open = gaps.length
    ? `, leaving ${gaps.length === 1 ? 'a wide gap' : `${gaps.length} wide gaps`} (${gaps.map((g) => `${deg(g.fromDeg)} to ${deg(g.toDeg)}`).join(', ')}).`
    : neurons.count
      ? `; their largest gap is ${deg(neurons.largestGapDeg)}.`
      : '.';
  const filled = filledGaps ?? [];
  const answer = !features
    ? ''
    : gaps.length === 0
      ? ` The autoencoder has ${plural(features.count, 'curve feature')}.`
      : filled.length
        ? ` The autoencoder's features fill ${filled.length === gaps.length ? (gaps.length === 1 ? 'it' : gaps.length === 2 ? 'both' : 'all of them') : `${filled.length} of them`}: ${filled.map((g) => `${plural(g.features.length, 'feature')} between ${deg(g.fromDeg)} and ${deg(g.toDeg)}`).join(', ')}.`
        : ` None of the autoencoder's ${plural(features.count, 'curve feature')} lies in ${gaps.length === 1 ? 'it' : 'them'}.`;
  return first + open + answer;
}
