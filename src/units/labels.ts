// Names of features, as labels.json has them.
import { InputError, shown } from '../core/errors.js';
import { parseJsonObject } from '../formats/json.js';

/** How a name was found: `terms` and `category` from metadata, `given` in a user's file, `explained` by a chat model. */
export type LabelKind = 'terms' | 'category' | 'given' | 'explained';

export interface FeatureLabel {
  label: string;
  kind: LabelKind;
  /** On documents held out from the naming; null where it was not measured. */
  f1: number | null;
  pearson: number | null;
  /** Terms over-represented where the feature fires, most first. */
  terms: string[];
}

/** By `f12`. */
export type FeatureLabels = Record<string, FeatureLabel>;

/** labels.json, or `{"f12": "a name"}`: keys that are no features are left alone. InputError: no JSON, or a label that is no text. */
export function parseLabelsFile(bytes: Uint8Array, label: string): Map<number, FeatureLabel> {
  const out = new Map<number, FeatureLabel>();
  for (const [key, value] of Object.entries(parseJsonObject(bytes, label))) {
    const feature = /^f(\d{1,9})$/.exec(key)?.[1];
    if (feature === undefined) continue;
    const entry = (typeof value === 'string' ? { label: value } : value) as Partial<FeatureLabel> | null;
    if (typeof entry?.label !== 'string')
      throw new InputError(`${label}: '${shown(key)}' has no text as its label`);
    const { f1, pearson, terms, kind } = entry;
    out.set(Number(feature), {
      label: entry.label,
      kind: kind ?? 'given',
      f1: typeof f1 === 'number' ? f1 : null,
      pearson: typeof pearson === 'number' ? pearson : null,
      terms: Array.isArray(terms) ? terms.map(String) : [],
    });
  }
  return out;
}
