// families.json (docs/families.md).

export interface NamedFamily {
  /** `f12`; with several SAEs `0:f12`, the number of the SAE before it. */
  parent: string;
  /** All descendants in the tree, most frequent first. */
  children: string[];
  /** R of co-occurrence: how much more the parent fires with its children than they with one another. */
  score: number | null;
  /** Share of documents on which parent and children fire. */
  density: Record<string, number>;
  /** R of activation similarity. */
  similarity: number | null;
  /** 0 for the first. */
  round: number;
  /** The tree: [parent, child]. */
  edges: [string, string][];
}

export interface SplitEdge {
  /** Feature of the smaller SAE. */
  from: string;
  /** Feature of the larger one that belongs to it. */
  to: string;
  cosine: number;
}

/** How many families there are, and how many when every feature fires as often, on documents drawn at random. */
export interface FamilyCounts {
  sae: string;
  dSae: number;
  candidates: number;
  pairs: number;
  families: number;
  chance: { pairs: number; families: number } | null;
}

export interface FamiliesResult {
  families: NamedFamily[];
  splitting: SplitEdge[];
  /** Of paths through three SAEs or more; null for fewer. */
  consistency: { mean: number | null; chance: number | null; features: Record<string, number | null> } | null;
  documents: number;
  saes: FamilyCounts[];
  settings: {
    tau: number;
    laterTau: number;
    iterations: number;
    maxDensity: number;
    clean: boolean;
    seed: number;
  };
}
