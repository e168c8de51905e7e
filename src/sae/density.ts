// How often latents fire, as a histogram over the logarithm of the share of vectors.

/** Bins per decade, and decades below 1. */
const BINS_PER_DECADE = 4;
const DECADES = 8;

export interface DensityHistogram {
  /** Latents that never fired. */
  silent: number;
  /** Lower ends of the bins in log10(fraction of vectors on which a latent fires), and how many latents. */
  log10: number[];
  latents: number[];
}

/** Lower ends of the bins: -8, -7.75 ... -0.25. */
export const DENSITY_LOG10: readonly number[] = Array.from(
  { length: DECADES * BINS_PER_DECADE },
  (_, i) => i / BINS_PER_DECADE - DECADES,
);

/** `fired`: vectors on which each latent fired, of `vectors`; what fires less than the lowest bin counts in it. */
export function densityHistogram(
  fired: ArrayLike<number>,
  vectors: number,
  math: { log(x: number): number },
): DensityHistogram {
  const bins = DENSITY_LOG10.length;
  const latents = new Array<number>(bins).fill(0);
  let silent = 0;
  for (let i = 0; i < fired.length; i++) {
    if (fired[i] === 0) silent++;
    else {
      const log10 = math.log(fired[i] / vectors) / math.log(10);
      const at = Math.floor((log10 + DECADES) * BINS_PER_DECADE + 1e-9);
      latents[Math.min(bins - 1, Math.max(0, at))]++;
    }
  }
  return { silent, log10: [...DENSITY_LOG10], latents };
}
