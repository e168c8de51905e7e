// A unit of the pages about embeddings: a feature of one of the SAEs, or a neuron of the tap.
import type { Dictionary } from '../../../study/atlas/format.js';
import { formatUnit, type Kind } from '../../../units/unit.js';

export interface AtlasUnit {
  of: Dictionary;
  index: number;
}

export const kindOf = (of: Dictionary): Kind => (of === 'neurons' ? 'neurons' : 'features');

/** `f12`, `n5`. */
export const unitText = ({ of, index }: AtlasUnit): string => formatUnit({ kind: kindOf(of), index });
