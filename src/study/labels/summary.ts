// How good many labels are together.
import type { FeatureLabel } from '../../units/labels.js';

/** Of one score over many labels. */
export interface Spread {
  mean: number;
  median: number;
  max: number;
}

export interface LabelScores {
  labels: number;
  /** Over the labels that were scored; null where none was. */
  f1: Spread | null;
  pearson: Spread | null;
}

/** Labels that are undefined were not given; a score that is null was not measured. */
export function scoresOf(labels: readonly (FeatureLabel | undefined)[]): LabelScores {
  const of = (key: 'f1' | 'pearson') => {
    const values = labels.flatMap((l) => (l && l[key] !== null ? [l[key]] : [])).sort((a, b) => a - b);
    if (!values.length) return null;
    return {
      mean: values.reduce((s, v) => s + v, 0) / values.length,
      median: values[Math.floor(values.length / 2)],
      max: values[values.length - 1],
    };
  };
  return { labels: labels.filter(Boolean).length, f1: of('f1'), pearson: of('pearson') };
}
