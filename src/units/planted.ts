// Features that were planted in a network: how an SAE is scored against them.

/** The right answer of a network that was made with one. */
export interface GroundTruth {
  tap: string;
  /** Planted curve orientations: with a unit of their own, or in a gap. */
  features: { orientationDeg: number; inGap: boolean }[];
  gaps: { fromDeg: number; toDeg: number }[];
}

/** A planted feature counts as recovered when a decoder row points this nearly the same way. */
export const RECOVERED_COSINE = 0.9;

/**
 * The direction of a planted curve is the tap's response to that curve, mean over radii:
 * the column of the units' tuning curves at its orientation. `recovered` counts planted
 * features whose best decoder row has cosine >= 0.9; meanMaxCosine averages the best ones.
 */
export function scoreGroundTruth(
  truth: GroundTruth,
  tuning: readonly Float32Array[], // [units][720]
  decoder: Float32Array, // [F][D]
): { recovered: number; total: number; meanMaxCosine: number } {
  const d = tuning.length;
  let recovered = 0;
  let sum = 0;
  for (const { orientationDeg } of truth.features) {
    const column = Math.round(orientationDeg * 2) % 720;
    const best = maxCosine(
      tuning.map((curve) => curve[column]),
      decoder,
      d,
    );
    if (best >= RECOVERED_COSINE) recovered++;
    sum += best;
  }
  const total = truth.features.length;
  return { recovered, total, meanMaxCosine: sum / total };
}

function maxCosine(direction: number[], decoder: Float32Array, d: number): number {
  const norm = Math.sqrt(direction.reduce((s, v) => s + v * v, 0));
  let best = 0;
  for (let f = 0; f < decoder.length; f += d) {
    let dot = 0;
    let length = 0;
    for (let j = 0; j < d; j++) {
      dot += direction[j] * decoder[f + j];
      length += decoder[f + j] * decoder[f + j];
    }
    if (norm > 0 && length > 0) best = Math.max(best, dot / (norm * Math.sqrt(length)));
  }
  return best;
}
