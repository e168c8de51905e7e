// What a read-out of a tap is made of, by the features that write to it.

/** A feature's part in a read-out: W_dec[f] . r times the feature's activation, summed over vectors. */
export interface Part {
  /** Its index. */
  feature: number;
  /** What one of its activation adds: W_dec[f] . r. */
  weight: number;
  /** Of the read-out's whole activation, on the vectors on which it fires; of those on which it fires most; of each level. */
  share: number;
  topShare: number;
  levelShares: number[];
}

export interface Decomposition {
  /** Vectors on which it fires. */
  fires: number;
  /** Share of its variance over all vectors that the reconstruction has; null where it never varies. */
  explained: number | null;
  /** Share of its activation that is the bias b_dec, and none of the features. */
  bias: number;
  /** Its activation at the ends of the levels: six of them, each level with as many of the vectors on which it fires. */
  levels: number[];
  /** Strongest first, those of at least half a percent. */
  parts: Part[];
  /** Features of different tuning that carry 90 % of what features add to it; 0 where none does. */
  polysemanticity: number;
}

/** A feature's part: `share` of the neuron's activation over the vectors on which it fires, over the top one in a hundred of these, and per level. */
export interface DecomposedPart {
  feature: string;
  /** What one of the feature's activation adds: its decoder weight. */
  weight: number;
  share: number;
  topShare: number;
  levelShares: number[];
  /** Of its tuning curve; null where curves do not fire it, or no direction more than others. */
  orientationDeg: number | null;
  /** The hidden neuron that its decoder row points to (cosine of .9), where units are sums of two; null: none. */
  neuron?: string | null;
}

export interface DecomposedUnit extends Omit<Decomposition, 'parts'> {
  unit: string;
  orientationDeg: number | null;
  parts: DecomposedPart[];
  /** The two neurons that it is the sum of, where neurons were summed in pairs (`hide --sum-pairs`). */
  planted?: [string, string];
}

/** How well units that are sums of two known neurons come apart, over those that fire. */
export interface PlantedPairs {
  units: number;
  /** Units whose two largest parts point to their two neurons, to one of them, to none. */
  both: number;
  one: number;
  none: number;
  /** Share of the activation that the parts carry which point to the two, mean over units. */
  share: number;
  /** The same counts and share were the unit a sum of two other neurons: mean over all other units that share none. */
  chance: { both: number; one: number; share: number };
}

/** decompose.json. */
export interface DecomposeResult {
  tap: string;
  /** Of the network, and where the SAE was read from. */
  model: string;
  sae: string;
  /** Uniform positions of photographs that were summed over, and photographs. */
  vectors: number;
  images: number;
  /** Most polysemantic first. */
  units: DecomposedUnit[];
  /** null: the neurons were not summed in pairs. */
  planted: PlantedPairs | null;
  /** Axes of a random rotation, which the network does not prefer: what polysemanticity is there. */
  control: {
    axes: number;
    polysemanticity: { mean: number; p5: number; p95: number };
    explained: number | null;
  };
}
