// taxonomy.json.
import type { Family } from './rule.js';

export interface SortedUnit {
  unit: string;
  family: Family;
  /** Largest answer to any drawing over the 99.9th percentile on the pictures; 0 where it never fires there. */
  strength: number;
  /** Largest answer to the family's drawings over the largest to any other's, with the rule's factors; null of `other`. */
  margin: number | null;
  /** Of the family's best drawing; null where it has none, or the answers hardly depend on it. */
  orientationDeg: number | null;
  /** Positions of the pictures that fire it. */
  fires: number;
  /** Largest answer to each series of drawings, as strength. */
  answers: Record<string, number>;
  /** On the map; null where none is drawn, and of what answers to nothing. */
  at: [x: number, y: number] | null;
}

/** How many are in each family. */
export type Counts = Record<Family, number>;

export interface TaxonomyResult {
  tap: string;
  model: string;
  sae: string | null;
  images: number;
  vectors: number;
  drawings: number;
  orientations: number;
  seed: number;
  units: SortedUnit[];
  /** null without an SAE. */
  features: SortedUnit[] | null;
  families: {
    units: Counts;
    features: Counts | null;
    /** Random directions of the tap, each as rare as one of its units. */
    random: Counts & { directions: number };
  };
  /** What lays out the map: a drawing, which no other number follows from; null where none is drawn. */
  map: { method: string; neighbours: number; seed: number } | null;
}
