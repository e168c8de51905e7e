// Clean features, as O'Neill et al. 2024 choose those that may be in families (saerch's family.py): a label that is
// about something, F1 and Pearson correlation of 0.8 or more, and of equal labels the best.
import type { FeatureLabel } from '../../units/labels.js';

const LEAST = 0.8;
/** Labels that speak of a letter in quotes, or of labels. */
const VAGUE = /["'][A-Za-z]["']|[Kk]eyword|[Tt]opic|[Cc]oncept|[Pp]resence/;
/** What a field adds to every label. */
const FIELD = / in (astronom\w*|astrophysic\w*|physics|computer science|CS)\b.*$/i;

export function cleanFeatures(labels: ReadonlyMap<number, FeatureLabel>): Set<number> {
  const best = new Map<string, { feature: number; score: number }>();
  for (const [feature, { label, f1, pearson }] of labels) {
    const name = label.replace(FIELD, '');
    if (name === '' || VAGUE.test(name)) continue;
    if (f1 === null || pearson === null || f1 < LEAST || pearson < LEAST) continue;
    const before = best.get(name);
    if (!before || f1 + pearson > before.score) best.set(name, { feature, score: f1 + pearson });
  }
  return new Set([...best.values()].map(({ feature }) => feature));
}
